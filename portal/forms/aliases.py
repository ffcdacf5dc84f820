"""Teaching a heading for all schools."""

from collections.abc import Collection
from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from portal.forms.fields import BaseForm, at_most

HEADING_CHARACTERS = 150


class AliasForm(BaseForm):
    """paths: of the fields that a heading can be taught to mean."""

    spelling = StringField(
        "Tiêu đề cột",
        [InputRequired("Hãy ghi tiêu đề cột, đúng như trong tệp."), at_most(HEADING_CHARACTERS)],
        filters=[lambda text: text.replace("\0", "").strip() if text else text],
    )
    path = SelectField("Nghĩa là trường", [InputRequired("Hãy chọn trường.")])

    def __init__(self, given: Any, paths: Collection[str]) -> None:
        super().__init__(given)
        self.path.choices = [("", ""), *((path, path) for path in paths)]
