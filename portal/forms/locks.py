"""Proposing a lock in two steps, and deciding on one: what is wanted, what was seen, the number typed, the password."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import HiddenField, PasswordField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from portal.forms.accounts import PASSWORD_CHARACTERS
from portal.forms.fields import REQUIRED, BaseForm, at_most
from portal.forms.rounds import decision_field

REASON_CHARACTERS = 300
LATE = "muon"
ROUNDS = {"1": 1, "2": 2}
ALL, CHOSEN = "tat-ca", "chon"
_DIGEST_CHARACTERS = 64
_COUNT_CHARACTERS = 12


class LockForm(BaseForm):
    """What to lock. what: a round's number, or late records. units: code and name of each school."""

    school_year = SelectField(
        "Năm học", [InputRequired("Hãy chọn năm học.")], invalid_choice_message="Hãy chọn năm học trong danh sách."
    )
    what = RadioField(
        "Chốt học bạ nào",
        [InputRequired("Hãy chọn đợt, hoặc học bạ muộn.")],
        invalid_choice_message="Hãy chọn đợt, hoặc học bạ muộn.",
        choices=[
            SelectChoice("1", "Đợt 1"),
            SelectChoice("2", "Đợt 2 (đánh giá bổ sung)"),
            SelectChoice(LATE, "Học bạ muộn, theo quyết định riêng"),
        ],
    )
    scope = RadioField(
        "Phạm vi",
        [InputRequired("Hãy chọn phạm vi.")],
        invalid_choice_message="Hãy chọn phạm vi.",
        choices=[SelectChoice(ALL, "Cả tỉnh"), SelectChoice(CHOSEN, "Các trường chọn dưới đây")],
        default=ALL,
    )
    units = SelectMultipleField("Trường", invalid_choice_message="Không có trường này trong danh sách.")
    decision = decision_field()
    reason = TextAreaField(
        "Lý do chốt muộn",
        [at_most(REASON_CHARACTERS)],
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
    )

    def __init__(self, given: Any, years: Sequence[str], units: Mapping[str, str]) -> None:
        super().__init__(given)
        self.school_year.choices = [(year, year) for year in years]
        self.units.choices = list(units.items())

    def validate_units(self, field: SelectMultipleField) -> None:
        if self.scope.data == CHOSEN and not field.data:
            raise ValidationError("Hãy chọn ít nhất một trường, hoặc chọn cả tỉnh.")

    def validate_reason(self, field: TextAreaField) -> None:
        if self.what.data == LATE and len(field.data or "") < 5:
            raise ValidationError("Học bạ muộn cần lý do; lý do được giữ lại cùng đề nghị.")

    @property
    def number(self) -> int | None:
        """Of the round, None for late records."""
        return ROUNDS.get(self.what.data)

    @property
    def chosen_units(self) -> tuple[str, ...] | None:
        """Codes of the chosen schools, None for the whole province."""
        return None if self.scope.data == ALL else tuple(sorted(self.units.data))


class SeenForm(BaseForm):
    """seen: digest of the set that the page showed. typed: the number of its records. replaces: a changed proposal."""

    seen = HiddenField(validators=[InputRequired(), Length(_DIGEST_CHARACTERS, _DIGEST_CHARACTERS)])
    replaces = HiddenField()
    typed = StringField("Ghi lại số học bạ sẽ chốt", [REQUIRED, at_most(_COUNT_CHARACTERS)])

    def validate_typed(self, _field: StringField) -> None:
        if self.count is None:
            raise ValidationError("Ghi số học bạ bằng chữ số, ví dụ 1250.")

    @property
    def count(self) -> int | None:
        """The number, also as it is written here: 1.250."""
        text = (self.typed.data or "").strip().replace(".", "").replace(" ", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _COUNT_CHARACTERS else None

    @property
    def replaced(self) -> int | None:
        text = self.replaces.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class ConfirmLockForm(BaseForm):
    """seen: digest of the set that the page showed."""

    wrong = "Mật khẩu không đúng. Hãy nhập mật khẩu đăng nhập của chính bạn."

    seen = HiddenField(validators=[InputRequired(), Length(_DIGEST_CHARACTERS, _DIGEST_CHARACTERS)])
    password = PasswordField("Mật khẩu của bạn", [REQUIRED, at_most(PASSWORD_CHARACTERS)])
