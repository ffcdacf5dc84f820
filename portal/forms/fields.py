"""What every form shares: words of the web framework's own refusals, and the summary that stands above a form."""

from dataclasses import dataclass

from wtforms import Form
from wtforms.validators import InputRequired, Length

REQUIRED = InputRequired("Hãy điền ô này.")


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refusal for the summary. field: id of the input that the summary's link leads to."""

    field: str
    message: str


class BaseForm(Form):  # type: ignore[misc] # wtforms has no types
    """A form without a token of its own: CSRF is checked for every POST before a view runs."""

    @property
    def summary(self) -> tuple[FieldError, ...]:
        """Every refusal, in the order of the fields."""
        return tuple(FieldError(field.id, str(message)) for field in self for message in field.errors)

    def refuse(self, name: str, message: str) -> None:
        """Put a refusal that came from deeper down beside its field."""
        field = self[name]
        field.errors = [*field.errors, message]


def at_most(characters: int) -> Length:
    return Length(max=characters, message=f"Không quá {characters} ký tự.")
