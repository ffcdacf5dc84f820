"""Attacks on the short way to `authentic`: our seal, the print's first bytes, and something else beside them."""

from collections.abc import Callable
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string

from tests.sealed import sealed_print, verdict_on
from tests.verify.attacks.vectors import true_print
from tests.verify.pdf.signatures import vectors as sealing
from verify.pdf.signatures import is_sealed_print
from verify.verdict import ABOUT_THE_FILE, Status, Verdict


def another_page(update: Any, _signature: Any) -> None:
    page = update.find_page_for_modification(2)[0]
    page.get_object()["/Contents"] = update.add_object(generic.StreamObject(stream_data=b"0 g 0 0 300 300 re f"))
    update.mark_update(page)


def a_program(update: Any, _signature: Any) -> None:
    update.root["/OpenAction"] = generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")}
    )


@pytest.mark.parametrize("change", [another_page, a_program])
def test_what_our_key_sealed_together_with_something_else_is_not_the_print(change: Callable[[Any, Any], None]) -> None:
    data = sealing.made(pdf=true_print().pdf, change=change)
    conclusion = verdict_on(data)
    about = [check for check in conclusion.checks if check.question in ABOUT_THE_FILE]
    assert all(check.status is Status.PASSED for check in about), "the seal itself must hold, else this tests nothing"
    assert data.startswith(true_print().pdf)
    assert conclusion.verdict is Verdict.INSUFFICIENT


def test_the_sealed_print_is_recognised_and_no_other() -> None:
    pdf = sealed_print().pdf
    assert is_sealed_print(pdf, true_print().pdf)
    assert not is_sealed_print(pdf, true_print().pdf[:-1])
    assert not is_sealed_print(pdf + b"\n", true_print().pdf)
    assert not is_sealed_print(true_print().pdf, true_print().pdf)
    assert not is_sealed_print(b"", b"")
