"""The server's clock is set back, so that something late looks as if it had been in time."""

import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from click.testing import CliRunner

from portal.cli.main import main
from portal.errors import Problem
from portal.identity import SYSTEM
from portal.models import Blob, RecordVersion
from portal.presenters import reasons
from portal.runtime import demo_signer
from portal.services import lock_proposals, log
from portal.services.signing import submit_signatures
from tests.attacks.ground import Attack, End, Ground, Outcome, refusal
from tests.attacks.outsiders import stamped
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance
from tests.portal.officials import AFTER, FIRST, ROUND_ONE, accepted_class, person, propose
from verify.containers.jcs_cades import sign
from verify.signing import Role
from verify.timestamps import StampFault
from verify.verdict import Reason

_BACK = timedelta(days=30)


def _set_back(ground: Ground) -> Outcome:
    with ground.instance(locked=False) as instance:
        late = _late_signatures(instance)
        early = _lock_in_the_window(instance)
        with stamped(ground, instance) as made:
            told = _doctor(instance)
            made.passed = -_BACK
            assert made.round(at_once=True) == {StampFault.CLOCK}
            headline = made.told().headline
    words = (late, early, f"{headline.title}: {headline.text}", told)
    return Outcome(End.DETECTED, "signatures refused, lock refused, stamp refused, doctor", words)


def _late_signatures(instance: DemoInstance) -> str:
    """A school signs today; the portal's clock says last month."""
    packet = instance.take_in(WORKBOOKS / "lop-4A1.xlsx").packet
    assert packet is not None
    assert instance.runtime.authority is not None
    signers = {
        role: demo_signer(instance.runtime.authority, SCHOOL, role, NOW) for role in (Role.HEAD, Role.SCHOOL_SEAL)
    }
    with instance.reading() as session:
        roots = session.execute(
            sa.select(Blob.sha256, Blob.data).join(RecordVersion, RecordVersion.root_sha256 == Blob.sha256)
        ).all()
    brought = {name: {role: sign(data, signer, NOW) for role, signer in signers.items()} for name, data in roots}
    with instance.transaction() as session:
        done = submit_signatures(session, SYSTEM, packet, brought, instance.runtime.trust(NOW - _BACK), NOW - _BACK)
    assert done.accepted == 0
    assert len(done.refused) == 2 * len(roots)
    (future, *_others) = [check for check in done.refused[0].failed if check.reason is Reason.SIGNED_IN_FUTURE]
    return reasons.sentence(future)


def _lock_in_the_window(instance: DemoInstance) -> str:
    """With the clock in the window the round cannot be locked; what was proposed after it does not fit any more."""
    accepted_class(instance)
    propose(instance)
    with instance.reading() as session:
        official = person(session, FIRST)
        return refusal(Problem.WINDOW_OPEN, lambda: lock_proposals.preview(session, official, ROUND_ONE, AFTER - _BACK))


def _doctor(instance: DemoInstance) -> str:
    """The log has been written later than the clock says now."""
    with instance.transaction() as session:
        log.append(session, [b'{"n":1}'], instance.runtime.log_signer, datetime.now(UTC) + _BACK)
    environment = {"HOCBA_SANDBOX_WORKERS": "1", "HOCBA_DATABASE_URL": instance.settings.database_url}
    done = CliRunner(env=environment).invoke(main, ["--data", str(instance.settings.data), "doctor", "--json"])
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (found,) = [line for line in lines if line["check"] == "đồng hồ không chậm hơn điểm kiểm mới nhất của sổ"]
    assert (done.exit_code, found["ok"]) == (1, False)
    return f"{found['check']}: {found['advice']}"


ATTACKS = (Attack("the server's clock is set back", _set_back),)
