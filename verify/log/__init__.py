"""The transparency log: an RFC 6962 tree in C2SP tiles, signed checkpoints, offline receipts. Pure functions.

In reading order: `merkle` (hashes and proofs), `tiles` (how the tree is stored), `algorithms`, `cosignatures` and
`notes` (signatures over text), `checkpoint` (the signed head), `receipt` (the proof that a person keeps), `policy`
(whom to believe, as a file), `witness` (what an outsider signs, and what it refuses), `fields`, `commitments` and
`leaves` (what is logged and how it binds a record without showing it).
"""
