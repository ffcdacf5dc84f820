"""The signing tool for the machine beside the key: what it is, how to check it, and the file."""

from flask import Blueprint, Response

from portal.services.signing_tool import signing_tool
from portal.web.guards import public
from portal.web.rendering import page

blueprint = Blueprint("signing_tool", __name__, url_prefix="/huong-dan/cong-cu-ky")


@blueprint.get("")
@public
def about() -> Response:
    """Which version, which SHA-256, and how it is installed."""
    return page("signing_tool/about.html", tool=signing_tool())


@blueprint.get("/hocba-sign.zip")
@public
def file() -> Response:
    """The file: the same bytes from every process that runs this source."""
    response = Response(signing_tool().data, mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename="hocba-sign.zip")
    return response
