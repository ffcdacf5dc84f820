"""What every form shares: words of the web framework's own refusals, and the summary that stands above a form.

Labels, choices and refusals are written in Vietnamese where they are declared, once for the life of the process; each
form says them in its reader's language.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from wtforms import Field, Form
from wtforms.fields import Label
from wtforms.fields.choices import SelectChoice
from wtforms.form import FormMeta
from wtforms.validators import InputRequired, Length, NumberRange, StopValidation, ValidationError

from portal.language import is_translated, mark, say


class _Filled(InputRequired):  # type: ignore[misc] # wtforms has no types
    """Refuses an empty field by its name, so that the summary above the form says which one."""

    def __call__(self, form: Form, field: Field) -> None:
        try:
            super().__call__(form, field)
        except StopValidation as empty:
            raise StopValidation(filled(field)) from empty


class _AtMost(Length):  # type: ignore[misc] # wtforms has no types
    def __call__(self, form: Form, field: Field) -> None:
        try:
            super().__call__(form, field)
        except ValidationError as longer:
            raise ValidationError(say(mark("Không quá %(n)s ký tự."), {"n": str(self.max)})) from longer


class Between(NumberRange):  # type: ignore[misc] # wtforms has no types
    """A whole number within bounds."""

    def __call__(self, form: Form, field: Field) -> None:
        try:
            super().__call__(form, field)
        except (ValidationError, OverflowError) as outside:  # hundreds of digits are more than a float holds
            bounds = {"least": str(self.min), "most": str(self.max)}
            raise ValidationError(say(mark("Ghi một số từ %(least)s đến %(most)s."), bounds)) from outside


class _AtLeast(Length):  # type: ignore[misc] # wtforms has no types
    def __call__(self, form: Form, field: Field) -> None:
        try:
            super().__call__(form, field)
        except ValidationError as shorter:
            raise ValidationError(say(mark("Hãy ghi ít nhất %(n)s ký tự."), {"n": str(self.min)})) from shorter


REQUIRED = _Filled()
# TT 27/2020: the grades of a primary school.
GRADES = tuple(
    SelectChoice(str(number), words)
    for number, words in enumerate(("Khối 1", "Khối 2", "Khối 3", "Khối 4", "Khối 5"), 1)
)


def filled(field: Field) -> str:
    """The refusal of a field that is empty."""
    return say(mark("Hãy điền ô “%(name)s”."), {"name": field.label.text})


def at_most(characters: int) -> Length:
    return _AtMost(max=characters)


def at_least(characters: int) -> Length:
    return _AtLeast(min=characters)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refusal for the summary. field: id of the input that the summary's link leads to."""

    field: str
    message: str


class _Spoken(FormMeta):  # type: ignore[misc] # wtforms has no types
    """Says the words of a form in the reader's language once the form is complete, its choices too."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        form = super().__call__(*given, **named)
        if is_translated():
            for field in form:
                _translate(field)
        return form


class BaseForm(Form, metaclass=_Spoken):  # type: ignore[misc] # wtforms has no types
    """A form without a token of its own: CSRF is checked for every POST before a view runs."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether every field holds what it may; refusals stand in the reader's language."""
        valid = bool(super().validate(extra_validators))
        if is_translated():
            for field in self:
                field.errors = [say(each) if isinstance(each, str) else each for each in field.errors]
        return valid

    @property
    def summary(self) -> tuple[FieldError, ...]:
        """Every refusal, in the order of the fields."""
        return tuple(FieldError(field.id, str(message)) for field in self for message in field.errors)

    def refuse(self, name: str, message: str) -> None:
        """Put a refusal that came from deeper down beside its field."""
        field = self[name]
        field.errors = [*field.errors, say(message)]


def _translate(field: Field) -> None:
    field.label = Label(field.label.field_id, say(field.label.text))
    choices = getattr(field, "choices", None)
    if choices:
        field.choices = list(_said(choices))


def _said(choices: Iterable[Any]) -> Iterable[Any]:
    for choice in choices:
        if isinstance(choice, SelectChoice):
            yield replace(choice, label=say(choice.label))
        else:
            value, label, *rest = choice
            yield (value, say(label), *rest)
