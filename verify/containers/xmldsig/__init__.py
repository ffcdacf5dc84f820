"""The container of school software: a class packet in XML, each record signed in turn by teachers, head and school.

Modules in reading order: `names` (namespace, algorithms, roles), `opening` (hostile bytes to a tree), `fields`
(elements and field paths), `reading` (one record), `packets` (a class), `profile` (the one shape of a signature),
`chain` (which signatures hold), `verification` (what they prove), `writing` and `signing`. The format stands in
`year-record-1.xsd`, and for people in docs/formats.
"""
