"""Leaves and commitments: a leaf opens for exactly one record, code, version and set of signatures."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.log import samples
from verify import canonical
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.log import commitments, fields, leaves
from verify.log.commitments import Committed
from verify.verdict import Question, Reason, Status

KEY_LEAF = leaves.RegisterKeyLeaf(
    unit="MAU-TH-01",
    role="head",
    certificate_sha256="ab" * 32,
    valid_from=datetime(2025, 8, 1, tzinfo=UTC),
    valid_to=None,
    effective_at=datetime(2025, 8, 5, 3, tzinfo=UTC),
)

EARLIER_LEAF = leaves.earlier_record_leaf(
    samples.COMMITTED,
    samples.SALT,
    "MAU-TH-01",
    "Học bạ số thí điểm 2024",
    datetime(2024, 6, 30, 16, 59, 59, tzinfo=UTC),
    samples.EFFECTIVE,
)
FOREIGN_LEAF = leaves.foreign_record_leaf(EARLIER_LEAF, "tinh-ban.example/log", 0, samples.LEAF_BYTES)
EARLIER_KEY_LEAF = leaves.EarlierKeyLeaf(
    unit="MAU-TH-01",
    role="head",
    certificate_sha256="ab" * 32,
    valid_from=datetime(2023, 8, 1, tzinfo=UTC),
    valid_to=datetime(2025, 8, 1, tzinfo=UTC),
    effective_at=samples.EFFECTIVE,
)


def opened(committed: Committed = samples.COMMITTED, salt: bytes = samples.SALT) -> Status:
    check = leaves.opens(samples.LEAF, committed, salt)
    assert check.question is Question.LOGGED
    assert check.reason is (Reason.OK if check.status is Status.PASSED else Reason.NOT_IN_LOG)
    return check.status


def test_the_commitments_are_as_documented() -> None:
    digest = hashlib.sha256(samples.RECORD).hexdigest()
    record = (
        f'{{"lookup_code":"0f8fad5bd9cb469fa16570867728950e","record_sha256":"{digest}",'
        '"schema":"hocba/log-record/1","school_year":"2025-2026","version":2}'
    )
    head, seal = (hashlib.sha256(cms).hexdigest() for cms in (b"cms of the head", b"cms of the seal"))
    signatures = (
        f'{{"record_sha256":"{digest}","schema":"hocba/log-signatures/1",'
        f'"signatures":{{"head":"{head}","school_seal":"{seal}"}}}}'
    )
    made = [hmac.digest(samples.SALT, text.encode(), "sha256").hex() for text in (record, signatures)]
    assert made == [samples.LEAF.commitment, samples.LEAF.signatures_commitment]


def test_the_entry_is_as_documented() -> None:
    assert samples.LEAF_BYTES.decode() == (
        f'{{"commitment":"{samples.LEAF.commitment}","effective_at":"2026-06-30T16:59:59Z","kind":"lock",'
        '"round":1,"schema":"hocba/log-leaf/1","school_year":"2025-2026",'
        f'"signatures_commitment":"{samples.LEAF.signatures_commitment}","unit":"MAU-TH-01"}}'
    )


def test_a_leaf_shows_nothing_of_the_pupil() -> None:
    shown = samples.LEAF_BYTES.decode()
    for secret in (
        samples.COMMITTED.lookup_code,
        canonical.sha256(samples.RECORD),
        samples.SALT.hex(),
        "Mẫu",
    ):
        assert secret not in shown


def test_a_leaf_opens_for_its_record() -> None:
    assert opened() is Status.PASSED


OTHER_CODE = samples.COMMITTED.lookup_code.replace("0f8f", "0f8e")


@pytest.mark.parametrize(
    "other",
    [
        replace(samples.COMMITTED, record=samples.RECORD + b" "),
        replace(samples.COMMITTED, lookup_code=OTHER_CODE),
        replace(samples.COMMITTED, lookup_code=samples.COMMITTED.lookup_code.upper()),
        replace(samples.COMMITTED, school_year="2024-2025"),
        replace(samples.COMMITTED, version=1),
        replace(samples.COMMITTED, version=0),
        replace(samples.COMMITTED, signatures={}),
        replace(samples.COMMITTED, signatures={"head": b"cms of the head"}),
        replace(samples.COMMITTED, signatures={"head": b"cms of the seal", "school_seal": b"cms of the head"}),
        replace(samples.COMMITTED, signatures=dict(samples.COMMITTED.signatures, homeroom_teacher=b"x")),
    ],
)
def test_a_leaf_opens_for_nothing_else(other: Committed) -> None:
    assert opened(other) is Status.FAILED


@pytest.mark.parametrize("salt", [b"", bytes(32), samples.SALT[:-1], samples.SALT + b"\x00", samples.SALT * 2])
def test_a_leaf_opens_with_no_other_salt(salt: bytes) -> None:
    assert opened(salt=salt) is Status.FAILED


def test_a_leaf_of_another_year_does_not_open() -> None:
    moved = replace(samples.LEAF, school_year="2024-2025")
    assert leaves.opens(moved, samples.COMMITTED, samples.SALT).status is Status.FAILED


def test_two_locks_of_one_record_look_unrelated() -> None:
    again = leaves.lock_leaf(samples.COMMITTED, bytes(32), "MAU-TH-01", samples.EFFECTIVE)
    assert again.commitment != samples.LEAF.commitment
    assert again.signatures_commitment != samples.LEAF.signatures_commitment


@pytest.mark.parametrize(
    "leaf",
    [
        samples.LEAF,
        replace(samples.LEAF, round=None),
        KEY_LEAF,
        EARLIER_LEAF,
        FOREIGN_LEAF,
        EARLIER_KEY_LEAF,
        replace(EARLIER_KEY_LEAF, valid_to=EARLIER_KEY_LEAF.valid_from),  # taken back whole
    ],
)
def test_leaves_read_back(leaf: leaves.Leaf) -> None:
    assert leaves.from_bytes(leaves.to_bytes(leaf)) == leaf


def test_a_closed_authorisation_reads_back() -> None:
    closed = replace(KEY_LEAF, valid_to=datetime(2030, 1, 1, tzinfo=UTC))
    assert leaves.from_bytes(leaves.to_bytes(closed)) == closed


def test_times_are_written_in_utc() -> None:
    hanoi = samples.EFFECTIVE.astimezone(timezone(timedelta(hours=7)))
    assert leaves.to_bytes(replace(samples.LEAF, effective_at=hanoi)) == samples.LEAF_BYTES


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(MalformedRecord):
        fields.time_text(samples.EFFECTIVE.replace(tzinfo=None))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(samples.LEAF, effective_at=samples.EFFECTIVE.replace(tzinfo=None)),
        replace(samples.LEAF, effective_at=samples.EFFECTIVE.replace(microsecond=1)),
        replace(samples.LEAF, commitment="00"),
        replace(samples.LEAF, commitment=samples.LEAF.commitment.upper()),
        replace(samples.LEAF, school_year="2025"),
        replace(samples.LEAF, round=0),
        replace(samples.LEAF, unit=""),
        replace(samples.LEAF, unit="x" * 1000),
        replace(KEY_LEAF, role="Head"),
        replace(KEY_LEAF, certificate_sha256="ab"),
        replace(EARLIER_LEAF, source=""),
        replace(FOREIGN_LEAF, origin=""),
        replace(FOREIGN_LEAF, origin_index=-1),
        replace(FOREIGN_LEAF, origin_leaf="0" * 63),
        replace(EARLIER_LEAF, source="hai\ndòng"),
        replace(EARLIER_LEAF, original_effective_at=samples.EFFECTIVE + timedelta(seconds=1)),
        replace(EARLIER_KEY_LEAF, valid_to=EARLIER_KEY_LEAF.valid_from - timedelta(seconds=1)),
        replace(EARLIER_KEY_LEAF, valid_to=samples.EFFECTIVE + timedelta(seconds=1)),
    ],
)
def test_what_would_not_read_back_is_not_logged(wrong: leaves.Leaf) -> None:
    with pytest.raises(MalformedRecord):
        leaves.to_bytes(wrong)


def changed(**values: canonical.Json) -> bytes:
    return canonical.canonicalise(canonical.parse(samples.LEAF_BYTES) | values)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        samples.LEAF_BYTES + b"\n",
        samples.LEAF_BYTES.replace(b":1,", b":1.0,"),
        samples.LEAF_BYTES.replace(b',"kind"', b', "kind"'),
        samples.LEAF_BYTES.replace(b',"kind":"lock"', b',"kind":"lock","kind":"lock"'),
        changed(schema="hocba/log-leaf/2"),
        changed(kind="revoke"),
        changed(kind="register_key"),
        changed(kind=["lock"]),
        changed(pupil="Nguyễn Văn Mẫu"),
        changed(round=True),
        changed(round="1"),
        changed(effective_at="2026-06-31T00:00:00Z"),
        changed(effective_at="2026-06-30T00:00:00+07:00"),
        changed(unit=7),
    ],
)
def test_other_shapes_are_refused(data: bytes) -> None:
    with pytest.raises(VerifyError):
        leaves.from_bytes(data)


def test_the_kinds_are_a_promise() -> None:
    assert [kind.value for kind in leaves.Kind][:7] == [
        "lock",
        "supersede",
        "revoke",
        "annotate",
        "register_key",
        "earlier_record",
        "earlier_key",
    ]


def test_a_leaf_of_an_earlier_record_binds_as_a_lock_does() -> None:
    def opened_by(**changes: object) -> Status:
        committed = replace(samples.COMMITTED, **changes)  # type: ignore[arg-type]
        return leaves.opens(EARLIER_LEAF, committed, samples.SALT).status

    assert opened_by() is Status.PASSED
    assert opened_by(version=3) is Status.FAILED
    assert opened_by(record=b"{}") is Status.FAILED
    assert opened_by(school_year="2023-2024") is Status.FAILED
    assert opened_by(signatures={}) is Status.FAILED


def test_an_earlier_key_is_no_registration() -> None:
    """The same fields under another kind: no reader may take one for the other."""
    data = leaves.to_bytes(EARLIER_KEY_LEAF)
    assert not isinstance(leaves.from_bytes(data), leaves.RegisterKeyLeaf)
    assert isinstance(leaves.from_bytes(data.replace(b"earlier_key", b"register_key")), leaves.RegisterKeyLeaf)


def test_the_opening_reads_back() -> None:
    opening = commitments.read_opening(commitments.opening_bytes(samples.COMMITTED, samples.SALT))
    assert opening.salt == samples.SALT
    assert (opening.lookup_code, opening.school_year, opening.version) == (
        samples.COMMITTED.lookup_code,
        "2025-2026",
        2,
    )
    assert opening.signatures["head"] == canonical.sha256(b"cms of the head")
    assert samples.SALT.hex() not in repr(opening)
    assert repr(samples.SALT) not in repr(opening)


@pytest.mark.parametrize("key", ["schema", "lookup_code", "salt", "school_year", "signatures", "version"])
def test_an_opening_of_another_shape_is_refused(key: str) -> None:
    value = canonical.parse(commitments.opening_bytes(samples.COMMITTED, samples.SALT))
    for wrong in (value | {key: None}, {name: held for name, held in value.items() if name != key}):
        with pytest.raises(MalformedRecord) as caught:
            commitments.read_opening(canonical.canonicalise(wrong))
        assert caught.value.refusal is Refusal.BAD_SHAPE


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for read in (leaves.from_bytes, commitments.read_opening):
        with pytest.raises(VerifyError):
            read(data)


@given(st.integers(0, len(samples.RECORD) * 8 - 1), st.integers(0, 255))
def test_one_flipped_bit_never_opens(record_bit: int, salt_bit: int) -> None:
    record, salt = bytearray(samples.RECORD), bytearray(samples.SALT)
    record[record_bit // 8] ^= 1 << record_bit % 8
    salt[salt_bit // 8] ^= 1 << salt_bit % 8
    assert opened(replace(samples.COMMITTED, record=bytes(record))) is Status.FAILED
    assert opened(salt=bytes(salt)) is Status.FAILED


identities = st.builds(
    Committed,
    record=st.binary(max_size=40),
    lookup_code=st.text("0123456789abcdef", min_size=32, max_size=32),
    school_year=st.integers(2020, 2090).map(lambda year: f"{year}-{year + 1}"),
    version=st.integers(1, 99),
    signatures=st.dictionaries(st.sampled_from(["head", "school_seal"]), st.binary(max_size=20)),
)


@given(identities, st.binary(min_size=32, max_size=32))
def test_every_lock_reads_back_and_opens(committed: Committed, salt: bytes) -> None:
    leaf = leaves.from_bytes(leaves.to_bytes(leaves.lock_leaf(committed, salt, "Đ-1", samples.EFFECTIVE)))
    assert isinstance(leaf, leaves.LockLeaf)
    assert leaf.school_year == committed.school_year
    assert leaves.opens(leaf, committed, salt).status is Status.PASSED
