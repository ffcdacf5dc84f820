"""Checking a sealed print, warm, against pyHanko's own validation of the same file; and by step."""

import io
from collections.abc import Callable

import pikepdf
from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlalchemy.orm import Session

from bench.measure import Row, at_most, in_turn, seconds, shown
from bench.world import BenchWorld, bench_world
from portal.identity import SYSTEM
from portal.services import registry
from portal.services.prints import printed_pdf
from verify.evidence import Edition
from verify.form.render import Rendered
from verify.pdf.content import compare
from verify.pdf.inspection import inspect
from verify.pdf.pictured import pictured
from verify.pdf.signatures import examine_seal
from verify.verdict import Check, Question, Status, Verdict
from verify.verifier import Anchors, forget_rendered, inspect_pdf, rendered, verify_pdf


def rows() -> list[Row]:
    with bench_world() as world:
        pdf, anchors, edition = _prepared(world)
        found = Check(Question.RECORD_FOUND, Status.PASSED)

        def ours() -> None:
            inspect_pdf(pdf)
            conclusion = verify_pdf(pdf, found, (edition,), anchors)
            if conclusion.verdict is not Verdict.AUTHENTIC:
                raise RuntimeError(conclusion.deciding.reason)

        def cold() -> None:
            forget_rendered()
            ours()

        floor = _pyhanko(pdf, anchors)
        warm = in_turn(ours, floor)
        expected = rendered(edition)
        copy = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            opened.save(copy)
        resaved = copy.getvalue()

        def every_cell() -> None:
            inspect_pdf(resaved)
            conclusion = verify_pdf(resaved, found, (edition,), anchors)
            if conclusion.verdict is not Verdict.CONTENT_MATCHES:
                raise RuntimeError(conclusion.deciding.reason)

        steps = {
            "inspect (QR, text)": lambda: inspect(pdf),
            "seal": lambda: examine_seal(
                pdf, department=anchors.department, trust=anchors.trust, registry=anchors.registry, at=anchors.at
            ),
            "text and picture": lambda: compare(pdf, expected),
        }
        made = [
            at_most("check: a sealed print, warm", "pyHanko's validation", warm, 4),
            shown("check: cold (form rendered anew)", "pyHanko's validation", (_median(cold), warm[1])),
            shown(
                "check: a re-saved copy, every cell compared", "pyHanko's validation", (_median(every_cell), warm[1])
            ),
        ]
        made += [
            shown(f"check, step: {name}", "pyHanko's validation", (_median(step), warm[1]))
            for name, step in steps.items()
        ]
        return [*made, _pictures(resaved, expected)]


def _pictures(copy: bytes, expected: Rendered) -> Row:
    """What the picture of a page with a box adds to comparing it, where somebody looks at the answer."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(copy)) as document:
        document.pages[2].contents_add(document.make_stream(b"q 2 w 200 500 m 220 520 l S Q"))
        document.save(target)
    altered = target.getvalue()
    report = compare(altered, expected)
    if not pictured(report).pages:
        raise RuntimeError("nothing to draw")
    times = _median(lambda: pictured(report)), _median(lambda: compare(altered, expected))
    return at_most("check, step: the boxed picture", "the comparison", times, 1)


def _prepared(world: BenchWorld) -> tuple[bytes, Anchors, Edition]:
    with Session(world.engine) as session, session.begin():
        printed = printed_pdf(
            session,
            world.runtime.press,
            SYSTEM,
            world.year.lookup_code,
            None,
            whole=False,
            now=world.now,
            network="local",
        )
        keys = registry.authorisations(session)
    anchors = Anchors(
        world.runtime.instance.department_code, world.runtime.trust(world.now), keys, world.runtime.policy, world.now
    )
    return printed.pdf, anchors, Edition((world.year,), world.runtime.print_context)


def _pyhanko(pdf: bytes, anchors: Anchors) -> Callable[[], object]:
    trust = anchors.trust
    roots = [x509.Certificate.load(der) for der in trust.roots]
    others = [x509.Certificate.load(der) for der in trust.intermediates]
    lists = [crl.CertificateList.load(der) for der in trust.crls]

    def validate() -> None:
        context = ValidationContext(
            trust_roots=roots,
            other_certs=others,
            crls=lists,
            allow_fetching=False,
            revocation_mode="require",
            moment=anchors.at,
        )
        (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        status = validate_pdf_signature(signature, context)
        if not status.intact:
            raise RuntimeError("pyHanko finds the seal broken")

    return validate


def _median(action: Callable[[], object]) -> float:
    return sorted(seconds(action) for _ in range(5))[2]
