"""Sorting and searching Vietnamese names, independent of the database's own collation (domain §8.13)."""

import unicodedata

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_NO_TONE = "0"
_DIGITS = 9


def fold(text: str) -> str:
    """Lower case without diacritics and with đ as d: `Đỗ Thị Ngọc` becomes `do thi ngoc`."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def sort_key(full_name: str) -> str:
    """A key of digits that orders names by given name, then middle names, then family name.

    Letters weigh in the order of the Vietnamese alphabet, tones (ngang, huyền, hỏi, ngã, sắc, nặng) after letters.
    Digits only, so every database sorts it alike.
    """
    words = unicodedata.normalize("NFC", full_name).casefold().split()
    ordered = words[-1:] + words[1:-1] + words[:1] if len(words) > 1 else words
    keyed = [_word(word) for word in ordered]
    return "00".join(letters for letters, _tones in keyed) + "00" + "".join(t for _l, t in keyed)


def title_key(name: str) -> str:
    """A key of digits that orders schools and places word by word, numbers by their size: số 2 before số 10."""
    keyed = [_numbered(word) for word in unicodedata.normalize("NFC", name).casefold().split()]
    return "00".join(letters for letters, _tones in keyed) + "00" + "".join(tones for _letters, tones in keyed)


def _numbered(word: str) -> tuple[str, str]:
    if word.isascii() and word.isdigit():
        return f"01{word[-_DIGITS:].zfill(_DIGITS)}", _NO_TONE
    return _word(word)


def _word(word: str) -> tuple[str, str]:
    letters, tones = [], []
    for character in word:
        parts = unicodedata.normalize("NFD", character)
        tone = next((_TONES[part] for part in parts if part in _TONES), _NO_TONE)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        weight = _ALPHABET.find(base)
        letters.append(f"{weight + 10:02d}" if weight >= 0 else "99")
        tones.append(tone)
    return "".join(letters), "".join(tones)
