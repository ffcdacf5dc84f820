"""The invented province: the size of the real one, the same each time, marked, and with records that hold."""

import secrets
from collections import Counter

import sqlalchemy as sa

from portal.demo.province import COMMUNES, SCHOOLS, communes, has_province, make_province, schools
from portal.models import RecordVersion, Unit, UnitKind
from portal.services import unit_tree
from portal.services.audit import audit
from tests.instances import NOW, DemoInstance, fresh_code
from tests.portal.organisation import TODAY, unit_id


def test_as_many_schools_as_the_real_one_each_with_a_name_of_its_own() -> None:
    assert (len(communes()), len(schools())) == (COMMUNES, SCHOOLS) == (102, 390)
    assert communes() == communes()
    for sites in (communes(), schools()):
        assert len({site.name for site in sites}) == len({site.code for site in sites}) == len(sites)
        assert all("(mẫu)" in site.name and site.code.startswith("MAU-") for site in sites)
    places = Counter(site.parent for site in schools())
    assert set(places) == {site.code for site in communes()}
    assert set(places.values()) == {3, 4}
    assert {site.kind for site in schools()} == {UnitKind.PRIMARY, UnitKind.COMBINED}


def test_schools_that_came_differently_far(small_instance: DemoInstance) -> None:
    held = small_instance
    with held.transaction() as session:
        assert not has_province(session)
        make_province(session, held.runtime, schools()[:8], 2, fresh_code, lambda: secrets.token_bytes(32), NOW)
    with held.reading() as session:
        assert has_province(session)
        counted = sa.select(RecordVersion.state, sa.func.count()).group_by(RecordVersion.state)
        rows = session.execute(counted).all()
        assert {row[0]: row[1] for row in rows} == {"draft": 4, "accepted": 6, "locked": 6}
        assert audit(session, held.runtime.log_signer.verifier).problems == ()
        below = unit_tree.subtree([unit_id(session, communes()[0].code)], TODAY)
        assert schools()[0].code in unit_tree.codes_of(session, below)
        kinds = session.scalars(sa.select(Unit.kind).where(Unit.id.in_(below))).all()
        assert sorted(kinds) == ["commune", "primary"]
