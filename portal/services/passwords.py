"""Which passwords are taken (NIST SP 800-63B §5.1.1.2): long ones that nobody would try first, of whatever signs.

The check needs no network: what is left of a password without digits and signs is looked up in a list of words that
people here begin with, and a password may not be made of the own name.
"""

import re
from typing import Final

from portal.errors import Problem, Refused
from portal.vietnamese import fold

SHORTEST: Final = 12
# Fewer different characters are a row of one key, or a pattern of two.
_DIFFERENT: Final = 5
# A word of the own name that is shorter stands in too many sentences.
_NAME_CHARACTERS: Final = 3
# What may be left when the guessable words are taken out; less is a common word with something behind it.
_OWN_CHARACTERS: Final = 6
_WORDS: Final = """
    matkhau password passwd admin administrator hocba hocbaso truonghoc tieuhoc giaovien vanthu hieutruong quantri
    giaoduc welcome xinchao vietnam hanoi saigon anhyeuem emyeuanh iloveyou qwertyuiop qwerty asdfghjkl asdfgh zxcvbnm
    letmein changeme abcdefghijklmnopqrstuvwxyz abcdef abc1234567890 abcd1234 01234567890123456789 1234567890 123456789
    12345678 1234567 123456 12345 1234 123 9876543210 987654321 654321 2024 2025 2026 2027 2028
"""
# Longer ones first, so that no piece of one stays.
_COMMON: Final = tuple(sorted(_WORDS.split(), key=len, reverse=True))


def require_strong(password: str, username: str, display_name: str) -> None:
    """Raise Refused(PASSWORD_SHORT) or Refused(PASSWORD_COMMON) for a password that somebody would guess.

    shortest: 12 characters as typed. Letters are compared without case and Vietnamese marks.
    """
    if len(password) < SHORTEST:
        raise Refused(Problem.PASSWORD_SHORT, shortest=str(SHORTEST))
    plain = re.sub(r"[^a-z0-9]", "", fold(password))
    names = [
        word for word in re.split(r"[^a-z0-9]+", fold(f"{username} {display_name}")) if len(word) >= _NAME_CHARACTERS
    ]
    foreign = sum(not character.isascii() and not fold(character).isascii() for character in password)
    left = plain
    for word in (*_COMMON, *sorted(names, key=len, reverse=True)):
        left = left.replace(word, "")
    if len(set(password)) < _DIFFERENT or len(left) + foreign < _OWN_CHARACTERS:
        raise Refused(Problem.PASSWORD_COMMON)
