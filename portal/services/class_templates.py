"""The workbook to fill in by hand, for who brings in records."""

from functools import lru_cache

from portal.errors import NotFound
from portal.identity import Identity
from portal.permissions import may_import_for_schools
from portal.workbooks.template import template
from verify.record.vocabulary import GRADES


def class_template(identity: Identity, grade: int, first_year: int) -> bytes:
    """XLSX for a grade and the school year that begins in first_year; raises NotFound for others and other grades."""
    if grade not in GRADES or not may_import_for_schools(identity):
        raise NotFound
    return _made(grade, first_year)


@lru_cache(maxsize=20)
def _made(grade: int, first_year: int) -> bytes:
    return template(grade, first_year)
