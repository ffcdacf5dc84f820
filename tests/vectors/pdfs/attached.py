"""The files attached to a print: exchanged, taken from another pupil's print, or gone."""

from collections.abc import Callable
from typing import Final

import pikepdf
from pikepdf import Pdf

from tests.pki import NOW, pki
from tests.vectors.pdfs.drawn import COPY
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.vector import Vector
from tests.verify.pdf.content import forging
from verify.form.render import render
from verify.pdf.seal import seal
from verify.verdict import Verdict

_RECORD, _LEAF, _RECEIPT = "record.json", "log-leaf.json", "log-receipt.tlog-proof"
_OTHERS: Final = "?text_equal other_attachments"


def _replaced(*names: str) -> Callable[[Ground], bytes]:
    """A copy whose attachments of these names are those of the neighbour."""

    def make(ground: Ground) -> bytes:
        others = {each.name: each.data for each in ground.editions["neighbour"].attachments}

        def change(pdf: Pdf) -> None:
            for name in names:
                held = pdf.attachments[name]
                pdf.attachments[name] = pikepdf.AttachedFileSpec(
                    pdf, others[name], filename=name, relationship=held.relationship
                )

        return forging.edited(change)

    return make


def _removed(_ground: Ground) -> bytes:
    def change(pdf: Pdf) -> None:
        for name in list(pdf.attachments):
            del pdf.attachments[name]

    return forging.edited(change)


def _sealed_with(*names: str) -> Callable[[Ground], bytes]:
    """Under the department's own seal, with attachments of these names from the neighbour's print."""

    def make(ground: Ground) -> bytes:
        edition = ground.editions["subject"]
        others = {each.name: each for each in ground.editions["neighbour"].attachments}
        attached = tuple(others[each.name] if each.name in names else each for each in edition.attachments)
        made = render([each.read() for each in edition.years], edition.context, attached, edition.origins)
        return seal(made.pdf, pki().department_seal, NOW)

    return make


ATTACHMENTS: Final = (
    Vector("attached record of another pupil", _replaced(_RECORD), Verdict.INSUFFICIENT, f"{COPY}, {_OTHERS}"),
    Vector("attached leaf of another pupil", _replaced(_LEAF), Verdict.INSUFFICIENT, f"{COPY}, {_OTHERS}"),
    Vector("attached receipt of another pupil", _replaced(_RECEIPT), Verdict.INSUFFICIENT, f"{COPY}, {_OTHERS}"),
    Vector("attachments taken away", _removed, Verdict.CONTENT_MATCHES, COPY),
    Vector("another pupil's record attached under our seal", _sealed_with(_RECORD), Verdict.INSUFFICIENT, _OTHERS),
    Vector("another pupil's receipt attached under our seal", _sealed_with(_RECEIPT), Verdict.INSUFFICIENT, _OTHERS),
)
