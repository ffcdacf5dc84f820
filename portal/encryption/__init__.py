"""Encryption at rest of what tells who a pupil is (decision 0050).

Data keys encrypt values; they stand in the database wrapped by a master key, which is a file outside of it. Whoever
has only the database, or a dump of it, reads no number, birth date, signed content or mail address.
"""
