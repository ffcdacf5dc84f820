"""The store that every vector is checked against: a real demo instance with pupils in each state, and who signs there.

The cast of `tests.pki` is registered in the instance's own registry beside the demo's keys, so that seals by expired,
revoked and strange keys meet a department that knows them.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from portal.identity import SYSTEM
from portal.models import CorrectionKind
from portal.sandbox import Sandbox
from portal.services import organisation, registry
from portal.services.checking import CheckedFile, CheckingDesk, check_document
from portal.services.evidence import stored_year
from portal.services.intake import take_in
from portal.services.life import Act
from portal.services.prints import printed_pdf
from portal.services.transitions import change_state
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.databases import Backend
from tests.factories import subjects_of, year_record
from tests.instances import NOW, SCHOOL, DemoInstance, Templates
from tests.pki import DAY, _lists, pki
from tests.portal.correcting import DUE, act, effect, supersession, switch, versions
from tests.portal.officials import YEAR
from tests.timestamping import Authorities, served
from tests.verify.pdf.content.forging import forging_on
from tests.verify.pdf.signatures import vectors as seals
from verify.canonical import sha256
from verify.evidence import Edition
from verify.form.render import Rendered
from verify.record.model import YearRecord
from verify.record.vocabulary import SubjectLevel
from verify.verifier import rendered

# Every vector is checked then: after the corrections took effect.
AT: Final = DUE + timedelta(minutes=1)
GRADE: Final = 5
# Invented, and without 6 and 9: some vectors exchange these two digits everywhere.
_CODES: Final = "3f2a8c1e7b4d4a5f8c0e5d1b2a3c4d5"
_LOCKED: Final = ("subject", "neighbour", "superseded", "revoked")
_NAMES: Final = {
    "subject": "Nguyễn Thị Ngọc Uyên",
    "neighbour": "Trần Đăng Khôi",
    "superseded": "Phan Văn Tý",
    "revoked": "Hồ Thị Ngọc Diễm",
    "unlocked": "Lê Khả Ái",
    "withdrawn": "Võ Gia Hân",
}


@dataclass(frozen=True)
class Ground:
    """records: as stored, by pupil. editions: of the locked ones. prints: sealed by the department before AT.

    stamps: timestamp authorities that answer. folder: for tools that read and write files.
    """

    desk: CheckingDesk
    instance: DemoInstance
    records: Mapping[str, YearRecord]
    editions: Mapping[str, Edition]
    prints: Mapping[str, bytes]
    stamps: Authorities
    folder: Path

    @property
    def expected(self) -> Rendered:
        """The subject's print before it is sealed, with its boxes."""
        return rendered(self.editions["subject"])

    @property
    def sealed(self) -> bytes:
        """The subject's print, sealed by the cast's key: what most vectors spoil."""
        return seals.sealed()

    def check(self, data: bytes) -> CheckedFile:
        """What a visitor who uploads these bytes is told: opened and compared in children, fetched from the store."""
        return check_document(self.desk, self.instance.reading, data, AT)

    @contextmanager
    def spoiling(self) -> Iterator[None]:
        """Let the tools of the other folders work on the subject's print."""
        with forging_on(self.expected), seals.spoiling(self.expected.pdf):
            yield


@contextmanager
def made_ground(folder: Path, sandbox: Sandbox) -> Iterator[Ground]:
    """Fill an instance through the services that fill any."""
    for place in ("templates", "stamps"):
        (folder / place).mkdir()
    templates = Templates(folder / "templates", sandbox)
    with ExitStack() as stack:
        stack.callback(templates.close)
        instance = stack.enter_context(templates.instance(Backend.SQLITE, folder, locked=False))
        stamps = stack.enter_context(served(folder / "stamps"))
        _register_cast(instance)
        codes = _fill(instance)
        prints = {name: _printed(instance, codes[name]) for name in _LOCKED}
        _correct(instance, codes)
        editions = {name: _edition(instance, codes[name]) for name in _LOCKED}
        records = {name: _record(name, lookup_code=code) for name, code in codes.items()}
        yield Ground(_desk(instance), instance, records, editions, prints, stamps, folder)


def _desk(instance: DemoInstance) -> CheckingDesk:
    """The instance's own, believing the cast's authority too."""
    desk, cast = instance.runtime.desk(AT), pki()
    lists = _lists(cast.root, cast.issuing, (cast.revoked, cast.revoked_without_list_address), AT - DAY)
    trust = replace(
        desk.trust,
        roots=(*desk.trust.roots, cast.root.der),
        intermediates=(*desk.trust.intermediates, cast.issuing.der),
        crls=(*desk.trust.crls, *lists),
    )
    return replace(desk, trust=trust)


def _register_cast(instance: DemoInstance) -> None:
    cast = pki()
    signers = [getattr(cast, name) for name in cast.__slots__]
    certificates = {sha256(each.certificate): each.certificate for each in signers if hasattr(each, "chain")}
    with instance.transaction() as session:
        for entry in cast.registry:
            registry.register_key(
                session,
                organisation.unit(session, entry.unit_code),
                entry.role,
                certificates[entry.certificate_sha256],
                entry.valid_from,
                entry.valid_to,
                instance.runtime.log_signer,
                NOW,
            )


def _record(name: str, **changes: object) -> YearRecord:
    """A pupil of the instance: marks of six for a pen to turn into eight."""
    subjects = subjects_of(GRADE)
    subjects["khoa_hoc"] = replace(subjects["khoa_hoc"], score=6, level=SubjectLevel.COMPLETED)
    number = list(_NAMES).index(name)
    return year_record(
        GRADE,
        full_name=_NAMES[name],
        personal_id=f"08731500900{number}",
        moet_student_code=f"871234900{number}",
        subjects=subjects,
        **changes,
    )


def _fill(instance: DemoInstance) -> dict[str, str]:
    """Take every pupil in, each as a class of its own, and bring the years as far as their names say."""
    codes = {name: f"{_CODES}{number:x}" for number, name in enumerate(_NAMES, 1)}
    for name, code in codes.items():
        packet = _taken_in(instance, name, code)
        instance.sign(packet)
        if name in _LOCKED:
            instance.lock(packet)
    with instance.transaction() as session:
        (version,) = versions(session, codes["withdrawn"])
        change_state(session, version, Act.WITHDRAW, actor="trường", reason="nhập nhầm lớp", now=NOW)
    return codes


def _taken_in(instance: DemoInstance, name: str, code: str) -> int:
    record = _record(name)
    rows = (JudgedPupil(row=5, pupil=1, content=record, findings=()),)
    judged = JudgedClass(class_name=record.class_name, grade=GRADE, rows=rows, findings=())
    with instance.transaction() as session:
        school = organisation.unit(session, SCHOOL)
        taken = take_in(session, SYSTEM, school, YEAR, judged, sha256(name.encode()), lambda: code, NOW)
    assert taken.packet is not None, taken
    return taken.packet


def _printed(instance: DemoInstance, code: str) -> bytes:
    with instance.transaction() as session:
        return printed_pdf(
            session, instance.runtime.press, SYSTEM, code, None, whole=False, now=NOW, network="local"
        ).pdf


def _correct(instance: DemoInstance, codes: Mapping[str, str]) -> None:
    """Two officials supersede one record and revoke another; both take effect on their day."""
    switch(instance)
    supersession(instance, codes["superseded"])
    act(instance, codes["revoked"], CorrectionKind.REVOKE)
    assert effect(instance) == 2


def _edition(instance: DemoInstance, code: str) -> Edition:
    with instance.reading() as session:
        oldest = versions(session, code)[0]
        return Edition((stored_year(session, oldest),), instance.runtime.print_context)
