"""Class workbooks of schools' own software: bytes in, one row of cells for each pupil out (plan PL 2.1).

Reading order: `refusals`, `container` (hostile ZIP within limits), `parts` (what its XML would unfold to), `sheets`
(the border to calamine), `headings` (the alias table `headings.toml`), `lessons` (what people taught beyond it),
`tables` (where the header is and what each column means), `titles`, `rows`, `joining`, `reading` (`read_class`),
`judging` (`judge`). Where headings do not suffice: `fields`, `guessing`, `layouts` (`open_class` reads, or says what
to ask).
`template` makes the workbook to fill in by hand. Pure: no clock, no database.
"""
