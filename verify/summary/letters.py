"""Names in one byte a letter: UTF-8 spends two or three on most Vietnamese ones, and room in a symbol is dear.

ASCII stands for itself; the 134 letters with marks have the bytes 0x80 to 0xFF and 0x01 to 0x06, in the order of
`LETTERS`, which never changes. A text with any other character stays UTF-8.
"""

from typing import Final

_VOWELS: Final = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵ"
_MARKED: Final = "đ" + "".join(letter for letter in _VOWELS if not letter.isascii())
LETTERS: Final = _MARKED + _MARKED.upper()
_FIRST: Final = 0x80
_WRAPPED: Final = 0x100 - _FIRST
_BYTES: Final = {
    letter: (_FIRST + place if place < _WRAPPED else 1 + place - _WRAPPED) for place, letter in enumerate(LETTERS)
}
_LETTERS: Final = {byte: letter for letter, byte in _BYTES.items()}
_PRINTABLE: Final = range(0x20, 0x7F)


def pack(text: str) -> bytes | str:
    """The bytes of a text; the text itself where it holds what has no byte."""
    codes = [_BYTES.get(letter, ord(letter)) for letter in text]
    fits = all(letter in _BYTES or ord(letter) in _PRINTABLE for letter in text)
    return bytes(codes) if fits else text


def unpack(held: bytes | str) -> str | None:
    """What `pack` was given; None for what it never gives."""
    if isinstance(held, str):
        return held if isinstance(pack(held), str) else None
    if any(byte not in _LETTERS and byte not in _PRINTABLE for byte in held):
        return None
    return "".join(_LETTERS.get(byte) or chr(byte) for byte in held)
