"""The official printed form (TT 27/2020/TT-BGDĐT, Phụ lục 1): template, rendering, and the box of each cell.

Reading order: `letters` (what the font can draw), `words` (values to printed text), `qr`, `boxes`, `sheet` (a record
to the data of the template), `sections` and `excerpt` (the parts that an extract holds), `render`. Templates are kept
for ever: a print of 2026 is rendered again, byte for byte, when somebody brings it in 2040; a change of the form is a
new folder `v2`, never an edit of `v1`.
"""
