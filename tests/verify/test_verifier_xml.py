"""A print of a record that was signed in XML: authentic with it, and never without it."""

from dataclasses import replace
from functools import cache

import pytest

from tests.factories import content_of
from tests.pki import NOW, SCHOOL, pki
from tests.sealed import CONTEXT, LOG, verdict_on
from tests.verify.containers.xmldsig.making import GATE, RECORDS, of_other_content, signed
from verify.containers.xmldsig import writing
from verify.containers.xmldsig.packets import read_packet
from verify.containers.xmldsig.verification import examine
from verify.evidence import Edition, StoredYear
from verify.form.render import render
from verify.log import checkpoint, leaves, merkle, receipt
from verify.log.commitments import Committed, opening_bytes
from verify.pdf.seal import seal
from verify.standing import IN_FORCE
from verify.verdict import Conclusion, Question, Reason, Status, Verdict
from verify.verifier import NEEDED_ROLES

CODE = "0f8fad5bd9cb469fa16570867728950e"


@cache
def year() -> StoredYear:
    """The first record, whose code and version the store gave, locked as the only leaf of a log."""
    root = read_packet(signed(packet=writing.packet([content_of(RECORDS[0])]))).entries[0].root
    reports = [each for each in examine(root, GATE).signatures if each.role in NEEDED_ROLES]
    signatures = {each.role.value: each.element for each in reports if each.role is not None}
    committed = Committed(root, CODE, RECORDS[0].school_year, 3, signatures)
    salt = bytes(range(32))
    leaf = leaves.to_bytes(leaves.lock_leaf(committed, salt, SCHOOL, NOW))
    note = checkpoint.sign(checkpoint.Checkpoint(LOG.verifier.name, 1, merkle.leaf_hash(leaf)), LOG)
    return StoredYear(
        lookup_code=CODE,
        school_year=RECORDS[0].school_year,
        version=3,
        record=root,
        signatures=signatures,
        received=tuple(check for each in reports for check in each.checks),
        leaf=leaf,
        receipt=receipt.build(receipt.Receipt(0, (), note)),
        opening=opening_bytes(committed, salt),
        standing=IN_FORCE,
    )


@cache
def print_of_it() -> bytes:
    edition = Edition((year(),), CONTEXT)
    return seal(render([year().read()], CONTEXT, edition.attachments).pdf, pki().department_seal, NOW)


def asked(conclusion: Conclusion, question: Question) -> tuple[Status, Reason]:
    (found,) = {(each.status, each.reason) for each in conclusion.checks if each.question is question}
    return found


def test_the_print_is_authentic() -> None:
    found = verdict_on(print_of_it(), Edition((year(),), CONTEXT))
    assert found.verdict is Verdict.AUTHENTIC, found.checks
    assert found.compared == (("2024-2025", 3),)


def test_it_carries_the_signed_xml_and_no_signature_beside_it() -> None:
    names = {(each.name, each.media_type) for each in Edition((year(),), CONTEXT).attachments}
    assert names == {
        ("record.xml", "application/xml"),
        ("log-leaf.json", "application/json"),
        ("log-receipt.tlog-proof", "text/plain"),
        ("log-opening.json", "application/json"),
    }


@pytest.mark.parametrize("change", ["exchanged", "roles", "content", "missing"])
def test_without_the_schools_signatures_it_is_nothing(change: str) -> None:
    held = year()
    head, stamp = held.signatures["head"], held.signatures["school_seal"]
    changed = {
        "exchanged": replace(held, record=read_packet(of_other_content()).entries[0].root),
        "roles": replace(held, signatures={"head": stamp, "school_seal": head}),
        "content": replace(held, record=held.record.replace(b"<DiemKTDK>9<", b"<DiemKTDK>8<", 1)),
        "missing": replace(held, signatures={"head": head}),
    }[change]
    found = verdict_on(print_of_it(), Edition((changed,), CONTEXT))
    assert found.verdict is Verdict.INSUFFICIENT
    status, reason = asked(found, Question.RECORD_SIGNED)
    assert status is Status.FAILED
    assert reason in (Reason.DIGEST_DIFFERS, Reason.ROLE_MISSING)
