"""PDF documents: what stands in them, who sealed them, and whether they equal the stored record.

Reading order: `opening` (hostile bytes within limits), `inspection` (which record do the pages name?), `seal` (the only
writer of our seal), `signatures` (the only reader of signatures), `content` (text and picture against the form).
"""
