"""Proving again who one is, before acts that cannot be undone: when the last proof is older than a quarter of an hour.

A guarded form that comes too late is not lost: the page that asks for the proof holds what was filled in, and sends
both to where the form went.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Refused
from portal.forms.second_step import ProofForm
from portal.identity import Identity
from portal.presenters.problems import sentence
from portal.services import accounts, second_step
from portal.services.account_acts import Step
from portal.services.second_step import Given
from portal.web import network, passkeys, sessions
from portal.web.attempts import Attempt
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.paths import own_path
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

_P = ParamSpec("_P")
_R = TypeVar("_R")
# Passwords are not sent back into a page.
_NOT_KEPT: Final = frozenset({"csrf_token", "password", "proof_code", "proof_passkey", "current", "fresh", "again"})
_NOT_YET: Final = 403

blueprint = Blueprint("proof", __name__, url_prefix="/dang-nhap/xac-nhan")
_asks: set[Callable[..., object]] = set()


def fresh(
    view: Callable[Concatenate[Identity, _P], _R],
) -> Callable[Concatenate[Identity, _P], _R | AnyResponse]:
    """Below `signed_in`: whose last proof is too old proves again first. A form with the own password is a proof."""

    @wraps(view)
    def asked(identity: Identity, /, *args: _P.args, **kwargs: _P.kwargs) -> _R | AnyResponse:
        answer = _asked(identity)
        return view(identity, *args, **kwargs) if answer is None else answer

    _asks.add(asked)
    return asked


def asks_again(view: Callable[..., object]) -> bool:
    """Whether a guarded view wants a fresh proof."""
    return getattr(view, "__wrapped__", None) in _asks


@blueprint.get("")
@signed_in
def asking(identity: Identity) -> Response:
    """Ask; `next`: where to go afterwards."""
    return _page(identity, ProofForm(), back=own_path(request.args.get("next")))


@blueprint.post("")
@signed_in
def prove(identity: Identity) -> AnyResponse:
    """Take the proof, and go on to the page that was wanted."""
    form, back = ProofForm(request.form), own_path(request.form.get("next"))
    return redirect(back, 303) if _proved(identity, form) else _page(identity, form, back=back, status=422)


def _asked(identity: Identity) -> AnyResponse | None:
    if _is_fresh():
        return None
    if request.method != "POST":
        # Without the query, as at signing in.
        return redirect(url_for("proof.asking", next=request.path), 303)
    form = ProofForm(request.form)
    if "password" not in request.form:
        return _page(identity, ProofForm(), status=_NOT_YET)
    return None if _proved(identity, form) else _page(identity, form, status=422)


def _is_fresh() -> bool:
    with reading() as session:
        proved = accounts.proved_at(session, sessions.token() or "")
    return proved is not None and now() - proved <= timedelta(minutes=runtime().settings.fresh_minutes)


def _proved(identity: Identity, form: ProofForm) -> bool:
    """Whether password and code are right; each counted like at signing in, refused beside its field."""
    with reading() as session:
        username = accounts.username_of(session, identity)
        needs_code = second_step.factors(session, identity.account_id).any
    if not form.complete(needs_code=needs_code):
        return False
    attempt = Attempt.begin(username)
    try:
        with reading() as session:
            accounts.require_password(session, identity, form.password.data)
    except Refused:
        attempt.failed()
        form.refuse("password", form.wrong)
        return False
    attempt = Attempt.begin(username, Step.SECOND)
    try:
        with writing() as session:
            if needs_code:
                given = Given(form.proof_code.data or "", form.proof_passkey.data or "", sessions.token() or "")
                held = runtime()
                second_step.prove(session, held.vault, held.party, identity, given, network.kept(), now())
            renewed = accounts.prove_again(session, sessions.token() or "", now())
    except Refused as refused:
        attempt.failed()
        form.refuse("proof_code", sentence(refused.problem, refused.detail))
        return False
    sessions.take(renewed)
    return True


def _page(identity: Identity, form: ProofForm, *, back: str | None = None, status: int = 200) -> Response:
    """back: None for a form that was guarded: what it held goes to the same place, with the proof."""
    with reading() as session:
        held = second_step.factors(session, identity.account_id)
    kept = [] if back else [each for each in request.form.items(multi=True) if each[0] not in _NOT_KEPT]
    return page(
        "second_step/proof.html",
        status=status,
        form=form,
        kept=kept,
        back=back,
        action=request.path,
        needs_code=held.any,
        passkey=passkeys.asked(identity.account_id, sessions.token()) if held.passkeys else "",
        minutes=runtime().settings.fresh_minutes,
    )
