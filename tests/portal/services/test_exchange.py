"""Two instances exchange a pupil: what the sender's log vouches for comes in, all else is refused by its name."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from pypdfium2 import PdfDocument
from sqlalchemy.exc import DatabaseError

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM
from portal.models import (
    AccessEvent,
    CorrectionKind,
    CustodyMove,
    CustodyState,
    EarlierYear,
    ExchangeArrival,
    ExchangeDeparture,
    RecordVersion,
    Transcript,
    Unit,
)
from portal.sandbox import Sandbox
from portal.services import custody, exchange_arrivals, exchange_departures, exchange_peers, inventory, log
from portal.services.audit import Defect, audit
from portal.services.checking import check_document
from portal.services.evidence import stored_year
from portal.services.prints import printed_pdf
from tests.databases import Backend
from tests.instances import Templates
from tests.portal import correcting
from tests.portal.officials import FIRST, SECOND, person
from tests.portal.provinces import DAY, HERE, LATER, NETWORK, Province, clerk, head, official, two_provinces
from verify.errors import VerifyError
from verify.exchange import bundle
from verify.exchange.bundle import LIFE, Content, LoggedLeaf
from verify.exchange.judging import Border, Examined, Fault, examine_bundle
from verify.log import leaves, receipt
from verify.log.leaves import ForeignRecordLeaf, LockLeaf
from verify.verdict import Question, Reason, Verdict

Pair = tuple[Province, Province]
Change = Callable[[Content, "Evil"], Content]


@pytest.fixture(scope="module", params=[tuple(Backend), tuple(reversed(Backend))], ids=" to ".join)
def pair(
    request: pytest.FixtureRequest, templates: Templates, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """One pair for the module: each test takes a pupil of its own."""
    folder = tmp_path_factory.mktemp("provinces")
    with two_provinces(templates, sandbox, folder, request.param) as made:
        yield made


@pytest.fixture(scope="module")
def lone(templates: Templates, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A pair for what is asked of bytes alone: one database is enough."""
    with two_provinces(templates, sandbox, tmp_path_factory.mktemp("bytes")) as made:
        yield made


def test_a_pupil_goes_over_and_the_answer_comes_back(pair: Pair) -> None:
    sender, receiver = pair
    number, data = sender.handed_over(0)
    arrived = receiver.bring(data)
    assert receiver.bring(data) == arrived  # the same file again
    receiver.confirm(arrived)
    receiver.confirm(arrived)  # pressed twice
    receiver.witnessed(LATER)
    answer = receiver.answer(arrived)
    sender.settle(number, answer)
    sender.settle(number, answer)
    assert sender.state_of(number) == "moved"
    for province in pair:
        with province.instance.reading() as session:
            move = session.scalars(sa.select(CustodyMove).order_by(CustodyMove.id.desc())).first()
            assert move is not None
            kinds = [session.get_one(Unit, each).kind for each in (move.from_unit_id, move.to_unit_id)]
            assert kinds == (["primary", "outside"] if province is sender else ["outside", "primary"])
            report = audit(session, province.runtime.log_signer.verifier)
            assert report.problems == ()
    with sender.instance.reading() as there, receiver.instance.reading() as here:
        before = there.scalars(sa.select(Transcript).order_by(Transcript.id)).first()
        after = here.scalars(sa.select(Transcript).order_by(Transcript.id.desc())).first()
        assert before is not None
        assert after is not None
        assert (after.lookup_code, after.full_name) == (before.lookup_code, before.full_name)
        version = here.scalars(sa.select(RecordVersion).order_by(RecordVersion.id.desc())).first()
        assert version is not None
        year = stored_year(here, version)
        leaf = leaves.from_bytes(year.leaf)
        assert isinstance(leaf, ForeignRecordLeaf)
        assert leaf.origin == sender.runtime.log_signer.verifier.name
        locked = leaves.from_bytes(log.leaf(there, leaf.origin_index))
        assert isinstance(locked, LockLeaf)
        assert locked.school_year == year.school_year
        assert HERE in leaf.source
        assert leaf.origin in leaf.source  # so every card and page says whose log vouches
        actions = here.scalars(sa.select(AccessEvent.action).where(AccessEvent.transcript_id == after.id)).all()
        assert actions == ["custody.read"]


def refused(problem: Problem, act: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.problem is problem


def receiver_answer(receiver: Province) -> bytes:
    receiver.witnessed(LATER)
    with receiver.instance.reading() as session:
        number = session.scalars(sa.select(ExchangeArrival.id).order_by(ExchangeArrival.id.desc())).first()
    assert number is not None
    return receiver.answer(number)


def test_an_answer_to_another_case_moves_nothing(pair: Pair) -> None:
    sender, receiver = pair
    first, data = sender.handed_over(2)
    second, other = sender.handed_over(3)
    receiver.confirm(receiver.bring(data))
    answered = receiver.bring(other)
    refused(Problem.EXCHANGE_NO_FILE, lambda: receiver.answer(answered))  # not taken in yet
    receiver.confirm(answered)
    refused(Problem.EXCHANGE_NOT_YET, lambda: receiver.answer(answered))  # no witness has seen it yet
    receiver.witnessed(LATER)
    refused(Problem.ANSWER_NOT_OURS, lambda: sender.settle(first, receiver.answer(answered)))
    assert (sender.state_of(first), sender.state_of(second)) == ("agreed", "agreed")
    sender.settle(second, receiver.answer(answered))
    assert sender.state_of(second) == "moved"


def test_who_may(pair: Pair) -> None:
    sender, receiver = pair
    number = sender.asked(4)
    desk = sender.departure_desk(DAY)
    with sender.instance.transaction() as session:
        with pytest.raises(NotFound):  # the in-province button
            custody.agree(session, head(session), number, "requested", DAY)
        gathered = exchange_departures.gather(session, head(session), number, desk)
        for who in (clerk(session), person(session, "so.quantri")):
            with pytest.raises(NotFound):
                exchange_departures.release(session, who, number, gathered, desk, DAY, NETWORK)
        with pytest.raises(NotFound):
            exchange_departures.take(session, clerk(session, "MAU-TH-02"), number, DAY, NETWORK)
        with pytest.raises(Refused):
            exchange_departures.take(session, clerk(session), number, DAY, NETWORK)
    sender.release(number)
    sender.release(number)  # pressed twice: the same file
    with sender.instance.transaction() as session:
        data = exchange_departures.take(session, clerk(session), number, DAY, NETWORK)[1]
    seen = receiver.examined(data)
    with receiver.instance.transaction() as session, pytest.raises(NotFound):  # a school of somebody else
        exchange_arrivals.bring(session, clerk(session), "MAU-TH-02", data, seen, LATER, demo=True)
    arrived = receiver.bring(data)
    refused(Problem.ARRIVAL_KNOWN, lambda: receiver.bring(data, school="MAU-TH-02"))
    with pytest.raises(NotFound):  # who brought it does not take the pupil in
        receiver.confirm(arrived, by=clerk)
    with receiver.instance.transaction() as session:
        exchange_arrivals.refuse(session, head(session), arrived, "phụ huynh rút hồ sơ", LATER)
    refused(Problem.ARRIVAL_CLOSED, lambda: receiver.confirm(arrived))
    receiver.confirm(receiver.bring(data), by=official)  # refused is not taken in; the department may confirm


def test_two_officials_and_no_log_of_our_own(pair: Pair) -> None:
    sender, receiver = pair
    own = receiver.runtime.log_signer.verifiers
    with receiver.instance.transaction() as session:
        one, two = person(session, FIRST), person(session, SECOND)

        def propose(text: str, name: str = "Sở khác") -> int:
            return exchange_peers.propose(session, one, name, text, "1/QĐ", own, DAY)

        refused(Problem.PEER_OWN, lambda: propose(receiver.policy_file))
        refused(Problem.PEER_NO_LOG, lambda: propose("quorum none\n"))
        refused(Problem.PEER_KNOWN, lambda: propose(sender.policy_file))
        vkey = receiver.policy_file.split()[1]
        other = vkey.replace("tinh-ban", "tinh-ba")
        with pytest.raises(VerifyError):
            propose(f"log {other}\nquorum none\n")
        text = sender.policy_file.replace("hocba.example", "x")
        with pytest.raises(VerifyError):
            propose(text)
        with pytest.raises(NotFound):
            exchange_peers.propose(session, head(session), "x", sender.policy_file, "1/QĐ", own, DAY)
        (known,) = (each for each in exchange_peers.views(session, two) if each.name == HERE)
        with pytest.raises(NotFound):
            exchange_peers.confirm(session, one, known.id, DAY)


def test_what_was_written_stays(pair: Pair) -> None:
    sender, receiver = pair
    _number, data = sender.handed_over(5)
    receiver.confirm(receiver.bring(data))
    for province, statement in (
        (sender, sa.update(ExchangeDeparture).values(bundle=b"x")),
        (receiver, sa.update(ExchangeArrival).values(bundle=b"x")),
        (receiver, sa.delete(ExchangeArrival)),
        (receiver, sa.text("UPDATE exchange_peer SET policy = 'quorum none'")),
    ):
        with pytest.raises(DatabaseError), province.instance.transaction() as session:
            session.execute(statement)


def test_whoever_has_the_pupil_here_is_told_and_a_case_ends_only_after_its_file(pair: Pair) -> None:
    sender, receiver = pair
    number, data = sender.handed_over(1)
    receiver.confirm(receiver.bring(data))
    # The answer never comes. While the file may still be taken in, nobody ends the case.
    for who in (head, clerk, official):
        with pytest.raises(NotFound):
            sender.end(number, who, DAY + LIFE)
    over = DAY + LIFE + custody.AFTER_BUNDLE
    sender.end(number, official, over)
    assert sender.state_of(number) == CustodyState.CLOSED.value
    refused(Problem.CUSTODY_CLOSED, lambda: sender.settle(number, receiver_answer(receiver)))
    sender.inspected(over)
    again, second = sender.handed_over(1, over)
    refused(Problem.ARRIVAL_PRESENT, lambda: receiver.bring(second, over + timedelta(hours=1)))
    sender.settle(again, receiver_answer(receiver), over)  # the late answer settles the next departure
    assert sender.state_of(again) == CustodyState.MOVED.value


class Evil:
    """A department that seals what it likes: whoever receives it asks the log, not the seal."""

    def __init__(self, pair: Pair) -> None:
        self.sender, self.receiver = pair
        self.data = self.sender.handed_over(6)[1]
        self.other = self.sender.handed_over(7)[1]
        self.content = bundle.read(self.data).content
        self.stranger = bundle.read(self.other).content

    def border(self) -> Border:
        with self.receiver.instance.reading() as session:
            peers = exchange_peers.known(session)
        trust = self.receiver.runtime.trust(LATER)
        return Border(self.receiver.runtime.log_signer.verifiers, peers, trust, LATER)

    def told(self, content: Content) -> Examined:
        assert self.sender.runtime.seal is not None
        return examine_bundle(bundle.build(content, self.sender.runtime.seal), self.border())


@pytest.fixture(scope="module")
def evil(lone: Pair) -> Evil:
    return Evil(lone)


def entry(content: Content, **changed: object) -> Content:
    """The first record changed."""
    first, *rest = content.entries
    return replace(content, entries=(replace(first, **changed), *rest))  # type: ignore[arg-type]


def record(content: Content, **changed: object) -> Content:
    return entry(content, record=replace(content.entries[0].record, **changed))  # type: ignore[arg-type]


def header(content: Content, **changed: object) -> Content:
    return replace(content, header=replace(content.header, **changed))  # type: ignore[arg-type]


def alone(held: LoggedLeaf) -> LoggedLeaf:
    """The receipt without the witness."""
    read = receipt.parse(held.receipt)
    kept = [line for line in read.note.splitlines(keepends=True) if b"chung-kien" not in line]
    return replace(held, receipt=receipt.build(replace(read, note=b"".join(kept))))


CASES: Final[dict[str, tuple[Fault, Change]]] = {
    "another mark": (
        Fault.LEAF_DIFFERS,
        lambda c, _e: record(c, root=c.entries[0].record.root.replace(b'"level":"T"', b'"level":"H"', 1)),
    ),
    "another code": (Fault.LEAF_DIFFERS, lambda c, e: record(c, lookup_code=e.stranger.entries[0].record.lookup_code)),
    "another day": (
        Fault.LEAF_DIFFERS,
        lambda c, _e: record(c, effective_at=c.entries[0].record.effective_at - timedelta(days=1)),
    ),
    "a signature left out": (
        Fault.LEAF_DIFFERS,
        lambda c, _e: record(c, signatures={"head": c.entries[0].record.signatures["head"]}),
    ),
    "a signature of another record": (
        Fault.LEAF_DIFFERS,
        lambda c, e: record(c, signatures=e.stranger.entries[0].record.signatures),
    ),
    "another salt": (Fault.LEAF_DIFFERS, lambda c, _e: record(c, salt=bytes(32))),
    "the receipt of another record": (
        Fault.NOT_LOGGED,
        lambda c, e: entry(c, logged=replace(c.entries[0].logged, receipt=e.stranger.entries[0].logged.receipt)),
    ),
    "leaf and receipt of another record": (
        Fault.NOT_LOGGED,
        lambda c, e: entry(c, logged=e.stranger.entries[0].logged),
    ),
    "a leaf that is in no log": (
        Fault.NOT_LOGGED,
        lambda c, _e: entry(
            c, logged=replace(c.entries[0].logged, leaf=c.entries[0].logged.leaf.replace(b"2026-06", b"2026-05"))
        ),
    ),
    "no witness saw the record": (Fault.NO_QUORUM, lambda c, _e: entry(c, logged=alone(c.entries[0].logged))),
    "no witness saw a key": (
        Fault.NO_QUORUM,
        lambda c, _e: replace(c, keys=(alone(c.keys[0]), *c.keys[1:])),
    ),
    "current of another pupil": (Fault.NOT_CURRENT, lambda c, e: entry(c, current=e.stranger.entries[0].current)),
    "keys left out": (Fault.SEAL_BROKEN, lambda c, _e: replace(c, keys=())),
    "keys of the school left out": (
        Fault.SIGNATURE_REFUSED,
        lambda c, _e: replace(c, keys=tuple(each for each in c.keys if b"department_seal" in each.leaf)),
    ),
    "a record among the keys": (Fault.KEY_NOT_LOGGED, lambda c, _e: replace(c, keys=(c.entries[0].logged, *c.keys))),
    "for another province": (
        Fault.WRONG_ADDRESSEE,
        lambda c, _e: header(c, recipient_log=c.header.sender_log),
    ),
    "from an unknown province": (Fault.UNKNOWN_SENDER, lambda c, _e: header(c, sender_log=c.header.recipient_log)),
    "another department": (Fault.SEAL_BROKEN, lambda c, _e: header(c, sender_unit="MAU-TH-01")),
    "made tomorrow": (
        Fault.OUT_OF_TIME,
        lambda c, _e: header(c, made_at=LATER + timedelta(days=1), expires_at=LATER + timedelta(days=2)),
    ),
    "valid for ever": (Fault.OUT_OF_TIME, lambda c, _e: header(c, expires_at=DAY + LIFE + timedelta(days=1))),
    "too old": (
        Fault.OUT_OF_TIME,
        lambda c, _e: header(c, made_at=DAY - timedelta(days=9), expires_at=DAY - timedelta(days=1)),
    ),
    "an old inventory": (
        Fault.INVENTORY_OLD,
        lambda c, e: entry(header(c, made_at=LATER), current=e.content.entries[0].current),
    ),
    "no record": (Fault.NOT_ONE_PUPIL, lambda c, _e: replace(c, entries=())),
    "two pupils": (Fault.NOT_ONE_PUPIL, lambda c, e: replace(c, entries=(*c.entries, *e.stranger.entries))),
    "the same year twice": (Fault.NOT_ONE_PUPIL, lambda c, _e: replace(c, entries=(*c.entries, *c.entries))),
    "invented and not told": (Fault.NOT_ONE_PUPIL, lambda c, _e: header(c, sample=False)),
}


def test_whatever_the_department_seals_the_log_decides(evil: Evil) -> None:
    assert examine_bundle(evil.data, evil.border()).fault is None
    assert evil.told(evil.content).fault is None
    found = {name: evil.told(change(evil.content, evil)).fault for name, (_fault, change) in CASES.items()}
    assert found == {name: fault for name, (fault, _change) in CASES.items()}


def test_every_changed_byte_is_noticed(evil: Evil) -> None:
    chance, border = random.Random(45), evil.border()
    for place in chance.sample(range(len(evil.data)), 400):
        changed = bytearray(evil.data)
        changed[place] ^= 1 << chance.randrange(7)
        try:
            fault = examine_bundle(bytes(changed), border).fault
        except VerifyError:
            continue
        assert fault is not None, place


def test_a_print_here_is_the_original_and_names_the_log_that_vouches(lone: Pair) -> None:
    sender, receiver = lone
    number, data = sender.handed_over(11)
    receiver.confirm(receiver.bring(data))
    receiver.witnessed(LATER)
    code, here, log_name = correcting.code_of(sender.instance, 11), receiver.instance, sender.runtime.log_signer
    with here.transaction() as session:
        press = receiver.runtime.press
        made = printed_pdf(session, press, SYSTEM, code, None, whole=True, now=LATER, network="local")
    told = " ".join(page.get_textpage().get_text_bounded() for page in PdfDocument(made.pdf))
    assert log_name.verifier.name in " ".join(told.split())
    checked = check_document(receiver.runtime.desk(LATER), here.reading, made.pdf, LATER + timedelta(minutes=1))
    assert checked.conclusion.verdict is Verdict.AUTHENTIC
    (signed,) = (each for each in checked.conclusion.checks if each.question is Question.RECORD_SIGNED)
    assert (signed.reason, signed.facts["vouching_log"]) == (Reason.VALID_BY_OTHER_LOG, log_name.verifier.name)
    assert sender.state_of(number) == "agreed"


def test_an_audit_asks_the_proof_again(lone: Pair) -> None:
    sender, receiver = lone
    _number, data = sender.handed_over(9)
    _other, wrong = sender.handed_over(10)
    receiver.confirm(receiver.bring(data))
    receiver.witnessed(LATER)
    with receiver.instance.transaction() as session:
        session.execute(sa.text("DROP TRIGGER guard_exchange_arrival_update"))
        session.execute(sa.update(ExchangeArrival).values(bundle=wrong))
    with receiver.instance.reading() as session:
        found = {problem.defect for problem in audit(session, receiver.runtime.log_signer.verifier).problems}
    assert found == {Defect.SIGNER_NOT_AUTHORISED, Defect.GUARD_MISSING}


def test_what_was_replaced_or_revoked_does_not_go(lone: Pair, evil: Evil) -> None:
    sender, _receiver = lone
    number, data = sender.handed_over(8)
    instance, code = sender.instance, correcting.code_of(sender.instance, 8)
    correcting.switch(instance)
    correcting.act(instance, code, CorrectionKind.REVOKE)
    correcting.effect(instance)
    sender.inspected(correcting.DUE + timedelta(hours=1))
    content = bundle.read(data).content
    with instance.reading() as session:
        (proof,) = inventory.prove_all(session, [(code, content.entries[0].record.school_year)])
    late = header(content, made_at=correcting.DUE + timedelta(hours=2), expires_at=DAY + LIFE)
    assert sender.runtime.seal is not None
    sealed = bundle.build(entry(late, current=proof), sender.runtime.seal)
    border = replace(evil.border(), now=correcting.DUE + timedelta(hours=3))
    assert examine_bundle(sealed, border).fault is Fault.NOT_CURRENT
    sender.end(number, official, DAY + LIFE + custody.AFTER_BUNDLE)
    refused(Problem.EXCHANGE_NOTHING, lambda: sender.asked(8, correcting.DUE))


def test_a_peer_that_ended_sends_and_gets_nothing(lone: Pair, evil: Evil) -> None:
    sender, receiver = lone
    with receiver.instance.transaction() as session:
        for each in exchange_peers.standing(session):
            exchange_peers.end(session, official(session), each.id, "đổi hệ thống", LATER)
        refused(Problem.PEER_CLOSED, lambda: exchange_peers.end(session, official(session), each.id, "x", LATER))
    assert receiver.examined(evil.data).fault is Fault.UNKNOWN_SENDER
    with receiver.instance.reading() as session:
        assert exchange_departures.destinations(session, clerk(session)) == {}
        assert session.scalars(sa.select(EarlierYear)).all(), "what came stays"
    assert sender.state_of(1)
