"""Asking for the report of a round."""

from wtforms import HiddenField
from wtforms.validators import AnyOf, Regexp

from portal.forms.fields import BaseForm
from portal.forms.locks import LATE, ROUNDS


class ReportForm(BaseForm):
    """school_year, what: both hidden, so that a refusal means that the page was not ours."""

    school_year = HiddenField("Năm học", [Regexp(r"^[0-9]{4}-[0-9]{4}$", message="Hãy chọn lại năm học.")])
    what = HiddenField("Đợt", [AnyOf((*ROUNDS, LATE), message="Hãy chọn lại đợt.")])

    @property
    def number(self) -> int | None:
        """The round; None for late records."""
        return ROUNDS.get(self.what.data)
