"""Columns whose values stand encrypted in the database, and the blind index beside those that are searched."""

import json
from datetime import date
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from portal.encryption.faults import Broken, KeyFault
from portal.encryption.ring import ring_of
from portal.errors import Problem

_T = TypeVar("_T")


class _Unsearched(TypeDecorator.Comparator[Any]):
    """The same value is never encrypted to the same bytes: what compares would find nothing, silently."""

    def operate(self, op: Any, *other: Any, **words: Any) -> sa.ColumnElement[Any]:
        if all(value is None or isinstance(value, sa.ColumnElement) for value in other):
            return super().operate(op, *other, **words)
        raise TypeError("an encrypted column is not compared with a value; search by its index")


class Encrypted(TypeDecorator[_T], Generic[_T]):
    """A column's values, encrypted. place: `table.column`; what was encrypted for another place does not open."""

    cache_ok = True
    comparator_factory = _Unsearched

    def __init__(self, place: str, **words: Any) -> None:
        super().__init__(**words)
        self.place = place

    def _seal_text(self, plain: str, dialect: sa.Dialect) -> str:
        return ring_of(dialect).seal_text(self.place, plain)

    def _open_text(self, sealed: object, dialect: sa.Dialect) -> str:
        try:
            return ring_of(dialect).open_text(self.place, sealed)
        except Broken as error:
            raise KeyFault(Problem.VALUE_BROKEN, place=self.place) from error


class EncryptedText(Encrypted[str]):
    """Text; stored in base64."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else self._seal_text(value, dialect)

    def process_result_value(self, value: object, dialect: sa.Dialect) -> str | None:
        return None if value is None else self._open_text(value, dialect)


class EncryptedDate(Encrypted[date]):
    """A day; stored as the text of its ISO form."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else self._seal_text(value.isoformat(), dialect)

    def process_result_value(self, value: object, dialect: sa.Dialect) -> date | None:
        return None if value is None else date.fromisoformat(self._open_text(value, dialect))


class EncryptedJson(Encrypted[dict[str, Any]]):
    """A JSON object; stored as a JSON string."""

    impl = sa.JSON
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__(place, none_as_null=True)

    def process_bind_param(self, value: dict[str, Any] | None, dialect: sa.Dialect) -> Any:
        return None if value is None else self._seal_text(json.dumps(value, ensure_ascii=False), dialect)

    def process_result_value(self, value: object, dialect: sa.Dialect) -> dict[str, Any] | None:
        if value is None:
            return None
        found: dict[str, Any] = json.loads(self._open_text(value, dialect))
        return found


class EncryptedBytes(Encrypted[bytes]):
    """Bytes, encrypted as they are."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else ring_of(dialect).seal(self.place, value)

    def process_result_value(self, value: object, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else self._opened(value, dialect)

    def _opened(self, value: object, dialect: sa.Dialect) -> bytes:
        try:
            # SQLite keeps text in a column of bytes if somebody puts it there.
            return ring_of(dialect).open(self.place, value if isinstance(value, bytes) else b"")
        except Broken as error:
            return self._broken(error)

    def _broken(self, error: Broken) -> bytes:
        raise KeyFault(Problem.VALUE_BROKEN, place=self.place) from error


class EncryptedPiece(EncryptedBytes):
    """Bytes that are found by their digest. Those that do not open are given as none at all: every reader compares
    the digest, and the audit names the record.
    """

    impl = sa.LargeBinary
    cache_ok = True

    def _broken(self, error: Broken) -> bytes:  # noqa: ARG002
        return b""


class BlindIndex(TypeDecorator[str]):
    """Beside an encrypted column that is searched exactly. Takes the value itself, stores and gives its index.

    place: `table.column` of the encrypted column.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else ring_of(dialect).index(self.place, value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        return value
