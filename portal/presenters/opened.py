"""A record as far as its holder's leave goes: status, results, or every section (domain §6).

Ethnicity, height and weight, origin and family stand under the whole record alone.
"""

from dataclasses import dataclass, replace
from typing import Final

from portal.models import Scope
from portal.presenters.grant_words import scope_words
from portal.presenters.language import say
from portal.presenters.record import RecordPage, YearPage, present_record
from portal.services.opened import Opened
from verify.record.labels import FIELD_LABELS

_BODY: Final = ("height_cm", "weight_kg")
_KNOWN: Final = ("full_name", "birth_date")


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """scope: in words. detailed: results are shown, not only how far each year has come."""

    record: RecordPage
    scope: str
    detailed: bool


def present_opened(opened: Opened) -> OpenedPage:
    """What this leave shows; files are asked for elsewhere, so no address of one is here."""
    page = present_record(opened.view)
    page = replace(page, booklet=None, years=tuple(_without_files(year) for year in page.years))
    if opened.scope is not Scope.WHOLE:
        page = _limited(page)
    return OpenedPage(page, scope_words(opened.scope), opened.scope is not Scope.STATUS)


def _without_files(year: YearPage) -> YearPage:
    return replace(year, pdf="", summary_pdf="", correct="")


def _limited(page: RecordPage) -> RecordPage:
    known = {say(FIELD_LABELS[name]) for name in _KNOWN}
    civil = tuple(entry for entry in page.civil if entry.label in known)
    return replace(page, civil=civil, family=(), history=(), years=tuple(_results_only(year) for year in page.years))


def _results_only(year: YearPage) -> YearPage:
    """Changes and notes may name what is left out here, so they stay with the whole record."""
    body = {say(FIELD_LABELS[name]) for name in _BODY}
    general = tuple(entry for entry in year.general if entry.label not in body)
    return replace(year, general=general, notes=(), replaced=None)
