"""Signing in and out."""

from typing import Final

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Refused
from portal.forms.accounts import SignInForm
from portal.services.sign_in import Next
from portal.web import sessions
from portal.web.attempts import Attempt
from portal.web.guards import public
from portal.web.paths import own_path
from portal.web.rendering import page

_PAGES: Final = {Next.CODE: "second_step.asking", Next.ENROL: "second_step.offering"}

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/dang-nhap")
@public
def sign_in_form() -> AnyResponse:
    """The form; `next`: where to go afterwards; `moi`: who comes has just taken an invitation up."""
    invited, back = request.args.get("moi") == "da-nhan", own_path(request.args.get("next"))
    return page("accounts/sign_in.html", form=SignInForm(), next=back, invited=invited)


@blueprint.post("/dang-nhap")
@public
def sign_in() -> AnyResponse:
    """Open a session, or lead to the second step."""
    form, back = SignInForm(request.form), own_path(request.form.get("next"))
    if form.validate():
        attempt = Attempt.begin(form.username.data)
        try:
            then = sessions.begin(form.username.data, form.password.data)
        except Refused:
            attempt.failed()
            form.refuse("password", form.wrong)
        else:
            if then is not Next.DONE:
                return redirect(url_for(_PAGES[then], next=back), 303)
            response = redirect(back, 303)
            attempt.succeeded(response)
            return response
    return page("accounts/sign_in.html", status=422, form=form, next=back, invited=False)


@blueprint.post("/dang-xuat")
@public
def sign_out() -> AnyResponse:
    """End the session, at the server too."""
    response = redirect(url_for("home.index"), 303)
    sessions.end(response)
    return response
