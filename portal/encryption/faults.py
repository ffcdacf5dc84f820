"""What goes wrong with keys and encrypted values."""

from sqlalchemy.exc import DontWrapMixin

from portal.errors import Fault


class KeyFault(Fault, DontWrapMixin):
    """A key is not there, or is another one; SQLAlchemy hands it on as it is, so that its sentence is told."""


class Broken(ValueError):
    """An encrypted value does not open: it was changed, cut, or moved from another column."""
