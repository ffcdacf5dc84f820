"""The transparency log: an RFC 6962 tree in C2SP tiles, signed checkpoints, offline receipts. Pure functions.

In reading order: `merkle` (hashes and proofs), `tiles` (how the tree is stored), `notes` (Ed25519 signatures
over text), `checkpoint` (the signed head), `receipt` (the proof that a person keeps), `fields`, `commitments`
and `leaves` (what is logged and how it binds a record without showing it).
"""
