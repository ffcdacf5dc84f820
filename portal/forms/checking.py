"""Checking a document: the PDF or the photos that a person sends, and the number of a verdict."""

from flask_wtf.file import MultipleFileField
from wtforms import StringField
from wtforms.validators import Optional

from portal.forms.fields import REQUIRED, BaseForm, at_most
from portal.forms.files import chosen_files
from portal.forms.lookup import CODE_CHARACTERS

_NUMBER_CHARACTERS = 200


class UploadForm(BaseForm):
    """A PDF to be checked, or photos of the pages of one print."""

    file = MultipleFileField("Tệp PDF hoặc ảnh chụp các trang", [chosen_files("Hãy chọn một tệp PDF hoặc ảnh chụp.")])
    ma = StringField("Mã số in ở chân trang (chỉ cần khi mã QR mờ hoặc mất)", [Optional(), at_most(CODE_CHARACTERS)])


class NumberForm(BaseForm):
    """`?so=`: any spelling of a verdict's number."""

    no_number = "Đây không phải là số kết quả. Số kết quả có dạng KT-XXXX-XXXX-XXXX, in trên phiếu kết quả."

    so = StringField("Số kết quả", [REQUIRED, at_most(_NUMBER_CHARACTERS)])
