"""Looking up: a typed code (or a pasted QR text or address), or a photo of the QR."""

from flask_wtf.file import FileField
from wtforms import StringField

from portal.forms.fields import REQUIRED, BaseForm, at_most
from portal.forms.files import chosen_file

CODE_CHARACTERS = 400


class CodeForm(BaseForm):
    """`?ma=`: any spelling of a code."""

    ma = StringField("Mã số tra cứu", [REQUIRED, at_most(CODE_CHARACTERS)])


class PhotoForm(BaseForm):
    """A photo of the printed QR."""

    no_code = "Không thấy mã QR của học bạ trong ảnh. Hãy chụp gần hơn, đủ sáng, để mã QR nằm trọn trong ảnh."
    several_codes = "Trong ảnh có mã QR của nhiều học bạ. Hãy chụp từng học bạ một."

    photo = FileField("Ảnh chụp mã QR", [chosen_file("Hãy chọn hoặc chụp một ảnh.")])
