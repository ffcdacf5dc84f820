"""Backup, restore, and mirrors of the log: what lets an instance outlive its machine, without a fork.

`refusals` · `envelope` (age encryption as a stream) · `archive` (tar parts with a manifest) · `tables` (rows out and
in, the same for SQLite and PostgreSQL) · `taking` · `restoring` · `key_bundle` (the keys, apart) · `sources` (where a
log can be read) · `mirror` (a copy of the log as plain files) · `continuing` (compare and replay after a restore).
"""
