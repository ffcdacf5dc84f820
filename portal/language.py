"""The reader's language. Sentences are written in Vietnamese, which is the key of any other language's catalogue.

While nobody chose another language a word stands for itself, and looking it up costs next to nothing. Documents
(prints, minutes, reports, workbooks) are Vietnamese whoever asks for them: they are made under `in_vietnamese`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

VIETNAMESE: Final = "vi"
ENGLISH: Final = "en"
Words = Callable[[str], str]

_words: ContextVar[Words | None] = ContextVar("words", default=None)


class _Gentle(dict[str, str]):
    """A value that is missing leaves a gap, never an error page."""

    def __missing__(self, key: str) -> str:
        return "…"


def mark(text: str) -> str:
    """Tell the extractor (`pybabel extract -k mark`) that a text in a table is a sentence for people."""
    return text


def say(text: str, values: Mapping[str, str] | None = None) -> str:
    """A sentence in the reader's language, its `%(name)s` filled."""
    words = _words.get()
    said = text if words is None else words(text)
    return said if values is None else said % _Gentle(values)


def speak(words: Words | None) -> None:
    """From now on in this thread: the words of another language, or None for Vietnamese."""
    _words.set(words)


def is_translated() -> bool:
    """Whether the reader chose another language than Vietnamese."""
    return _words.get() is not None


@contextmanager
def in_vietnamese() -> Iterator[None]:
    """What is made inside is Vietnamese, whoever asks: a document has one wording."""
    token = _words.set(None)
    try:
        yield
    finally:
        _words.reset(token)
