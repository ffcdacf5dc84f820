"""Beginning a training again: the trainer asks in the portal, whoever serves it does it between two servers."""

from pathlib import Path
from typing import Final

from portal.errors import NotFound
from portal.identity import Identity
from portal.permissions import may_begin_training_again

_ASKED: Final = "bat-dau-lai"
_SERVED: Final = "phuc-vu"


def offer(folder: Path) -> None:
    """Say that whoever serves this folder begins again when asked; an old request is over."""
    (folder / _ASKED).unlink(missing_ok=True)
    (folder / _SERVED).touch(mode=0o600)


def is_offered(identity: Identity | None, folder: Path) -> bool:
    """Whether this person may ask, and somebody would do it."""
    return may_begin_training_again(identity) and (folder / _SERVED).exists()


def ask(identity: Identity, folder: Path) -> None:
    """Ask for it; raises NotFound for who may not, and where nobody would do it."""
    if not is_offered(identity, folder):
        raise NotFound
    (folder / _ASKED).touch(mode=0o600)


def is_asked(folder: Path) -> bool:
    return (folder / _ASKED).exists()
