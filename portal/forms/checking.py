"""Checking a document: the PDF that a person sends."""

from flask_wtf.file import FileField

from portal.forms.fields import BaseForm
from portal.forms.files import chosen_file


class UploadForm(BaseForm):
    """A PDF to be checked."""

    file = FileField("Tệp PDF", [chosen_file("Hãy chọn một tệp PDF.")])
