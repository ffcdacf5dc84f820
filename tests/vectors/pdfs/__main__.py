"""`python -m tests.vectors.pdfs`: the page docs/vectors.md."""

import sys

from tests.vectors.pdfs.page import page

sys.stdout.write(page())
