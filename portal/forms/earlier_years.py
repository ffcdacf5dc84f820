"""Years of the system before this one: a bundle to propose, and a key of that time to recognise."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_wtf.file import FileField
from wtforms import SelectField
from wtforms.validators import InputRequired, Optional, ValidationError

from portal.forms.certificates import DayField, decision_field
from portal.forms.fields import BaseForm
from portal.forms.files import chosen_file


class BundleForm(BaseForm):
    """The bundle, and the decision under which it is taken in."""

    file = FileField("Gói học bạ của hệ thống trước", [chosen_file("Hãy chọn tệp gói.")])
    decision = decision_field()


class EarlierEndForm(BaseForm):
    """Up to which day a key of that time counts; none: it was recognised by mistake altogether."""

    last_day = DayField("Chỉ còn tính đến hết ngày", [Optional()])
    decision = decision_field()


class EarlierKeyForm(BaseForm):
    """units, roles: value and words of each choice. today: of the province."""

    file = FileField("Tệp chứng thư", [chosen_file("Hãy chọn tệp chứng thư.")])
    unit = SelectField("Đơn vị", [InputRequired("Hãy chọn đơn vị.")])
    role = SelectField("Vai ký", [InputRequired("Hãy chọn vai ký.")])
    first_day = DayField("Đã được ký từ ngày", [InputRequired("Hãy ghi ngày đầu của thời hạn.")])
    last_day = DayField("Đến hết ngày", [InputRequired("Hãy ghi ngày cuối của thời hạn.")])
    decision = decision_field()

    def __init__(self, given: Any, units: Mapping[str, str], roles: Mapping[str, str], today: date) -> None:
        super().__init__(given)
        self.unit.choices = [("", "Chọn đơn vị"), *units.items()]
        self.role.choices = [("", "Chọn vai ký"), *roles.items()]
        self._today = today

    def validate_last_day(self, field: DayField) -> None:
        if field.data is not None and field.data >= self._today:
            raise ValidationError("Thời hạn phải đã qua hẳn: chọn một ngày trước hôm nay.")
        if field.data is not None and self.first_day.data is not None and field.data < self.first_day.data:
            raise ValidationError("Ngày cuối không được trước ngày đầu.")
