"""What the department hands over about locked records, and what outsiders prove of it without the department.

In reading order: `differences` (what may be found), `lines` (one record with everything that proves it), `manifest`,
`xml` (the readable half), `archive` (the ZIP, the same bytes for the same content), `log_reading` (the whole log,
once), `signers` (who signed, and could they), `currents` (which version holds), `judging` (records against the log),
`folder` (records as single blobs), `checking` (a whole report).
Format: docs/formats/bao-cao.md.
"""
