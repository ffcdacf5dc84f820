"""An uploaded file in a form."""

from collections.abc import Callable

from werkzeug.datastructures import FileStorage
from wtforms import Field, Form
from wtforms.validators import StopValidation


def chosen_files(message: str) -> Callable[[Form, Field], None]:
    """A validator: at least one file was chosen, and none is empty."""

    def check(_form: Form, field: Field) -> None:
        files = [file for file in field.data or () if isinstance(file, FileStorage)]
        if not files or not all(file.stream.read(1) for file in files):
            raise StopValidation(message)
        for file in files:
            file.stream.seek(0)

    return check


def chosen_file(message: str) -> Callable[[Form, Field], None]:
    """A validator: a file was chosen and is not empty."""

    def check(_form: Form, field: Field) -> None:
        if not isinstance(field.data, FileStorage) or not field.data.stream.read(1):
            raise StopValidation(message)
        field.data.stream.seek(0)

    return check
