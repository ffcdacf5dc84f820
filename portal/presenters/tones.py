"""The tone of an answer: colour and icon together, so that colour never speaks alone (design §3)."""

from enum import StrEnum


class Tone(StrEnum):
    """Names of CSS modifiers and icons."""

    GOOD = "good"  # green: only for a checked file that is the signed original
    INFO = "info"  # blue
    CAUTION = "caution"  # amber
    BAD = "bad"  # red
    NEUTRAL = "neutral"  # grey
