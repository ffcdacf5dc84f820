"""Units that were there before the tree was dated: each has its first name and parent afterwards, and acts go on."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.migrations import upgrade, upgrade_within
from portal.models import UnitName, UnitParent
from portal.services import unit_tree
from tests.databases import Backend, fresh_database

BEFORE = "0017"
FIRST = date(2025, 7, 1)


@pytest.mark.parametrize("backend", list(Backend))
def test_units_of_before_are_dated_from_their_first_day(backend: Backend, tmp_path: Path) -> None:
    with fresh_database(backend, tmp_path) as url:
        engine = open_engine(url, tmp_path)
        with engine.begin() as connection:
            upgrade_within(connection, BEFORE)
            for key, code, parent in ((1, "S", None), (2, "T", 1)):
                connection.execute(
                    sa.text(
                        "INSERT INTO unit (id, code, kind, name, parent_id, valid_from)"
                        " VALUES (:id, :code, 'primary', :name, :parent, :day)"
                    ),
                    {"id": key, "code": code, "name": f"Tên {code}", "parent": parent, "day": FIRST.isoformat()},
                )
        upgrade(engine)
        with Session(engine) as session:
            assert session.scalars(sa.select(UnitName.name).order_by(UnitName.unit_id)).all() == ["Tên S", "Tên T"]
            assert session.scalars(sa.select(UnitParent.parent_id).order_by(UnitParent.unit_id)).all() == [None, 1]
            assert unit_tree.codes_of(session, unit_tree.subtree([1], FIRST)) == {"S", "T"}
        engine.dispose()
