"""What the reader is taught for one school: the department's headings, and the shapes that the school explained."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import HeadingAlias, HeadingMapping, Unit
from portal.workbooks.lessons import Lessons, TaughtColumn, TaughtTable


def lessons_of(session: Session, school_code: str) -> Lessons:
    """Everything in use at this moment; an unknown school has what the department teaches all."""
    aliases = session.execute(
        sa.select(HeadingAlias.spelling, HeadingAlias.path)
        .where(HeadingAlias.removed_at.is_(None))
        .order_by(HeadingAlias.id)
    )
    mappings = session.scalars(
        sa.select(HeadingMapping)
        .join(Unit, Unit.id == HeadingMapping.unit_id)
        .where(Unit.code == school_code, HeadingMapping.ended_at.is_(None))
        .order_by(HeadingMapping.id)
    )
    return Lessons(
        tuple((row.spelling, row.path) for row in aliases),
        {held.shape: TaughtTable(held.depth, _columns(held.columns)) for held in mappings},
    )


def _columns(held: list[Any]) -> Mapping[int, TaughtColumn]:
    return {each["index"]: TaughtColumn(each["path"], each["label"]) for each in held}


def numbers_of(session: Session, unit_id: int, shapes: Collection[str]) -> list[int]:
    """The mappings in use of a school that read these shapes."""
    return list(
        session.scalars(
            sa.select(HeadingMapping.id)
            .where(
                HeadingMapping.unit_id == unit_id,
                HeadingMapping.shape.in_(shapes),
                HeadingMapping.ended_at.is_(None),
            )
            .order_by(HeadingMapping.id)
        )
    )
