"""Signing in and out."""

import re
from typing import Final

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Refused
from portal.forms.accounts import SignInForm
from portal.web import sessions
from portal.web.attempts import Attempt
from portal.web.guards import public
from portal.web.rendering import page

# A path of this host: browsers read `//host` and `/\host` as another one, and drop tabs and line breaks.
_OWN_PATH: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/dang-nhap")
@public
def sign_in_form() -> AnyResponse:
    """The form; `next`: where to go afterwards."""
    return page("accounts/sign_in.html", form=SignInForm(), next=_next(request.args.get("next", "")))


@blueprint.post("/dang-nhap")
@public
def sign_in() -> AnyResponse:
    """Open a session."""
    form, back = SignInForm(request.form), _next(request.form.get("next", ""))
    if form.validate():
        attempt = Attempt.begin(form.username.data)
        response = redirect(back, 303)
        try:
            sessions.begin(response, form.username.data, form.password.data)
        except Refused:
            attempt.failed()
            form.refuse("password", form.wrong)
        else:
            attempt.succeeded(response)
            return response
    return page("accounts/sign_in.html", status=422, form=form, next=back)


@blueprint.post("/dang-xuat")
@public
def sign_out() -> AnyResponse:
    """End the session, at the server too."""
    response = redirect(url_for("home.index"), 303)
    sessions.end(response)
    return response


def _next(wanted: str) -> str:
    """Where to go after signing in: a page of ours, else the list of records."""
    return wanted if _OWN_PATH.fullmatch(wanted) else url_for("records.listing")
