"""What a guide is made of. Words are marked where they are written, and said when they are shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """href, link: the page where it is done. when: its day limit. fails: what to do when it does not go.

    picture: name of a picture of that page (static/guides), taken from the running product by `tests.pictures`.
    """

    title: str
    text: str
    href: str
    link: str
    when: str = ""
    fails: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """lead: for whom it is, and what one needs before the first step."""

    title: str
    lead: str
    steps: tuple[Step, ...]
