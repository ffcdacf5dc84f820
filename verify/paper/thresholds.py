"""Every bound by which a cell of a photo is judged, in one table. Darkness is told in parts of that of full ink.

docs/decisions/0031-cells.md says what they part; `make bench-paper` what follows from them.
"""

from typing import Final

# How far a cell looks from the expected value (0) towards another (1). Clean cells: 0.16 at most in 99 of 100.
LEAN_EQUAL: Final = 0.30
LEAN_DIFFERS: Final = 0.75
# Ink too much or missing at the width of a pen. Clean cells: 0.17 in 99 of 100; alterations: 0.5 and more.
STROKE: Final = 0.26
# The same on a copy, where a speck of dust or half a pixel of the printer's is as black as a stroke. Clean cells: 0.32
# at most; alterations: 0.54 and more.
COPIED: Final = 0.36
# The same beside a value that is said to be another: it must look like what it is said to be.
CLEAN: Final = 0.45
# Never below this many times what the labels around are off by, nor is anything equal where that is more than ROUGH.
LABELS: Final = 1.6
ROUGH: Final = 0.28
# A tone mark set for another leaves 0.55; a page on which a bound is higher than this does not carry them.
TONE: Final = 0.40
# Of the ink of a letter: parts that must be gone, and be where none was, before it is said to be another letter.
GONE: Final = 0.30
NEW: Final = 0.20
# Darkness of most of the paper around a letter by which it lies in a stain; beside other letters: 0.01 at most.
STAIN: Final = 0.10
# Letters of a cell that must be others before ink in place of lost ink is said to be other words.
OTHER_LETTERS: Final = 0.3
# A word that looks so much like itself elsewhere was moved by a crease, not changed.
SAME_WORD: Final = 0.7
# Cells that may differ before the photo, not the page, is doubted.
MANY: Final = 5
