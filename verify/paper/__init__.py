"""Paper: reading what stands on a print or a photo of one. Images are a stranger's bytes, opened within limits."""
