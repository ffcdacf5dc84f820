"""One raw cell of a spreadsheet -> one typed value, or a `Fault` that says which finding it is. Never raises.

Measured in real exports (domain §8.8): marks as `8`, `8.0`, `"8,0"` and `"8"`; ids whose leading zero a numeric cell
lost; dates as text, as ISO, as serial numbers and as real dates; NFD, no-break and zero-width spaces.
"""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final, TypeAlias

from verify import limits
from verify.record.findings import FindingCode
from verify.record.spellings import COMPLETED, NO, NOT_COMPLETED, NOT_PROMOTED, PROMOTED, YES
from verify.record.text import clean, fold, is_placeholder

Cell: TypeAlias = str | int | float | bool | date | datetime | None
Value: TypeAlias = str | int | float | bool | date | None

CELL_ERRORS: Final = frozenset(
    {"#REF!", "#DIV/0!", "#VALUE!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA", "=?"}
)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
_DAY_FIRST = re.compile(r"(?:ngày )?(\d{1,2})(?: ?[/.\-] ?| tháng )(\d{1,2})(?: ?[/.\-] ?| năm )(\d{4})", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})")
_NO_TIME = re.compile(r"[ T]0{1,2}:00(?::00(?:\.0+)?)?Z?")
_UNIT = re.compile(r"\s*(?:cm|kg)\.?", re.IGNORECASE)
_SERIAL_ORIGIN: Final = date(1899, 12, 30)
_SERIALS: Final = range(1, 80_000)
_LETTERS: Final = frozenset(
    "aăâbcdđeêghiklmnoôơpqrstuưvxyfjwzáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ'’-. "
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a cell has no value. shown: the cell as the person wrote it."""

    code: FindingCode
    shown: str = ""


def tidy(cell: Cell) -> Value:
    """Clean text without placeholders, whole floats as int, a midnight datetime as date; empty as None."""
    if isinstance(cell, str):
        text = clean(cell)
        return None if is_placeholder(text) else text
    if isinstance(cell, float) and not isinstance(cell, bool):
        if math.isnan(cell):
            return None
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, datetime):
        return cell.date()
    return cell


def shown(value: Value) -> str:
    """A value as findings quote it."""
    if isinstance(value, date):
        return f"{value:%d/%m/}{value.year:04d}"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    text = str(value)
    return text.replace(".", ",") if isinstance(value, float) else text


def is_cell_error(value: Value) -> bool:
    return isinstance(value, str) and value in CELL_ERRORS


def text_of(value: Value, limit: int = limits.TEXT_CHARACTERS) -> str | Fault | None:
    """Text; a number stands as its digits, a date or truth value is a fault (`1/1` typed as a class becomes one)."""
    if value is None:
        return None
    if isinstance(value, bool | date):
        return Fault(FindingCode.TEXT_EXPECTED, shown(value))
    text = str(value)
    return text if len(text) <= limit else Fault(FindingCode.TEXT_TOO_LONG, str(len(text)))


def number_of(value: Value) -> Decimal | None:
    """A number from a numeric or text cell (comma or point); None when it is none."""
    if isinstance(value, bool) or value is None or isinstance(value, date):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        number = Decimal(str(value).replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def mark_of(value: Value) -> int | Fault | None:
    """A mark of the end-of-year test: whole number 1-10 (TT 27/2020 Đ.7)."""
    if value is None:
        return None
    number = number_of(value)
    if number is None:
        return Fault(FindingCode.MARK_NOT_A_NUMBER, shown(value))
    if number != number.to_integral_value():
        return Fault(FindingCode.MARK_NOT_WHOLE, shown(value))
    if not 1 <= number <= 10:
        return Fault(FindingCode.MARK_OUT_OF_RANGE, shown(value))
    return int(number)


def date_of(value: Value) -> date | Fault | None:
    """A date from a date cell, a serial number, `dd/mm/yyyy` or ISO text; two-digit years are refused."""
    if value is None or isinstance(value, date):
        return value
    fault = Fault(FindingCode.DATE_NOT_READ, shown(value))
    if isinstance(value, bool | float):
        return fault
    if isinstance(value, int):
        return _SERIAL_ORIGIN + timedelta(days=value) if value in _SERIALS else fault
    if value.isascii() and value.isdigit():
        return fault
    return _date_from_text(_NO_TIME.sub("", value)) or fault


def _date_from_text(text: str) -> date | None:
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    elif match := _YEAR_FIRST.fullmatch(text):
        year, month, day = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def personal_id_of(value: Value) -> tuple[str | Fault | None, bool]:
    """Twelve digits as text, and whether a lost leading zero was put back (design §9.11).

    A numeric cell of 11 digits is padded; text of 11 digits is a fault: nothing says that the zero is what is missing.
    """
    digits = _digits(value)
    if digits is None:
        return (None if value is None else Fault(FindingCode.PERSONAL_ID_NOT_DIGITS)), False
    if len(digits) == 11 and isinstance(value, int):
        return f"0{digits}", True
    if len(digits) != 12:
        return Fault(FindingCode.PERSONAL_ID_WRONG_LENGTH, str(len(digits))), False
    return digits, False


def student_code_of(value: Value) -> str | Fault | None:
    """The ministry's number of a pupil: ten digits."""
    if value is None:
        return None
    digits = _digits(value)
    if digits is None or len(digits) != 10:
        return Fault(FindingCode.STUDENT_CODE_NOT_USABLE)
    return digits


def _digits(value: Value) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).lstrip("'’`").replace(" ", "").replace(".", "")
    return text if text.isascii() and text.isdigit() else None


def days_of(value: Value) -> int | Fault | None:
    """Whole days 0-366."""
    if value is None:
        return None
    number = number_of(value)
    if number is None or number != number.to_integral_value() or not 0 <= number <= 366:
        return Fault(FindingCode.DAYS_NOT_READ, shown(value))
    return int(number)


def measure_of(value: Value) -> str | Fault | None:
    """A positive decimal as canonical text with at most two places: `"132,50 cm"` becomes `132.5`."""
    if value is None:
        return None
    number = number_of(_UNIT.sub("", value) if isinstance(value, str) else value)
    if number is None or not 0 < number < 1000:
        return Fault(FindingCode.MEASURE_NOT_READ, shown(value))
    rounded = number.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    if not rounded:
        return Fault(FindingCode.MEASURE_NOT_READ, shown(value))
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".")


def completed_of(value: Value) -> bool | None:
    """Whether a text says that the class or primary programme was completed; None when it does not say."""
    return _answer(value, COMPLETED, NOT_COMPLETED)


def promoted_of(value: Value) -> bool | None:
    """Whether a text says that the pupil moves up; None when it does not say."""
    return _answer(value, PROMOTED, NOT_PROMOTED)


def _answer(value: Value, yes: tuple[str, ...], no: tuple[str, ...]) -> bool | None:
    if isinstance(value, bool):
        return value
    text = fold(str(value))
    if text in NO or text.startswith(no):
        return False
    if text in YES or text.startswith(yes):
        return True
    return None


def is_vietnamese_name(text: str) -> bool:
    """Whether a name has only letters of Vietnamese words; old fonts and digits have others."""
    return _LETTERS.issuperset(text.lower())
