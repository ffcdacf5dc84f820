"""How much a request may bring, and where it lies meanwhile: on disk, however many files a form has.

Only signed-in people hand over batches; everybody else's form is cut off where one document ends.
"""

import tempfile
from typing import IO, Any, Final

from flask import Flask, Request
from werkzeug.routing import IntegerConverter, Map

from portal.sharing import act_for
from portal.web import network
from portal.web.sessions import current_identity
from verify import limits

# Fields and boundaries beside the files.
_BESIDE: Final = 1024 * 1024
# 500 files of a form would otherwise lie in memory, up to 500 kB of each.
_IN_MEMORY: Final = 16 * 1024
_BATCHES: Final = "transfers.receive"
# What the databases' integers hold.
_LARGEST_NUMBER: Final = 2**31 - 1


class RowNumber(IntegerConverter):
    """A number in an address names a row; one that no column holds names none, and asks no database."""

    def __init__(self, map: Map, **bounds: Any) -> None:
        super().__init__(map, max=_LARGEST_NUMBER, **bounds)


def register(app: Flask) -> None:
    """Let each network have its fair share of what is scarce (`portal.sharing`); call before the views are bound."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(lambda: act_for(network.counted()))


class PortalRequest(Request):
    """A request under our limits."""

    @property
    def max_content_length(self) -> int | None:
        """Bytes; a batch of the transfer desk is larger than one document."""
        if self.endpoint == _BATCHES and current_identity() is not None:
            return limits.BATCH_BYTES + _BESIDE
        return super().max_content_length

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, mode="rb+")
