"""A pupil goes to another installation: the bundle that is handed over, what it proves there, and the answer to it.

In reading order: `bundle` (the file), `judging` (everything that is asked of it), `answer` (the file that goes back).
Whom to believe is brought by the receiver; the two logs vouch for the rest. Format: docs/formats/exchange.md.
"""
