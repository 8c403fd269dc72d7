"""Signing in and out, one-time links, and a person's own account."""

from __future__ import annotations

from flask import Blueprint, redirect, request

from wakeful_collector.accounts import door, sessions
from wakeful_collector.clock import rfc3339
from wakeful_collector.read import people
from wakeful_collector.web import kit

blueprint = Blueprint("signin", __name__)

_WRONG = "That name and password do not fit together."


def _visitor() -> sessions.Visitor:
    return sessions.Visitor(kit.client_address(), request.headers.get("User-Agent", "")[:200])


@kit.page(blueprint, "/sign-in", scope=None)
def sign_in_form() -> kit.Answer:
    """Show the form, or go on when somebody is signed in already."""
    target = kit.local_path(request.args.get("next", "/"))
    if kit.principal() is not None:
        return redirect(target, 303)
    return kit.render("sign-in.html", next=target, name="", error=None, first_run=not people.users(kit.data()))


@kit.page(blueprint, "/sign-in", methods=("POST",), scope=None)
def sign_in() -> kit.Answer:
    """Check name and password; the session is always a new one."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    target = kit.local_path(request.form.get("next", "/"))
    admission = door.sign_in(kit.data(), name, password, _visitor(), kit.now_ms(), kit.settings().session_days)
    if admission.token is not None:
        return kit.set_session(redirect(target, 303), admission.token)
    error, status = _WRONG, 403
    if admission.wait_seconds:
        error = f"{_WRONG} Too many tries from here: wait {admission.wait_seconds} s before the next one."
        status = 429
    answer = kit.render("sign-in.html", status, next=target, name=name[:64], error=error, first_run=False)
    if admission.wait_seconds:
        answer.headers["Retry-After"] = str(admission.wait_seconds)
    return answer


@kit.page(blueprint, "/sign-in/link/<token>", scope=None)
def sign_in_by_link(token: str) -> kit.Answer:
    """Spend a one-time link. Looking at its head does not spend it."""
    if request.method == "HEAD":
        return kit.render("sign-in.html", next="/", name="", error=None, first_run=False)
    now_ms, days = kit.now_ms(), kit.settings().session_days
    session = sessions.sign_in_by_link(kit.data(), token[:128], _visitor(), now_ms, days)
    if session is None:
        error = "This link was used already or has expired. On the collector's machine, make a new one by"
        return kit.render(
            "sign-in.html", 403, next="/", name="", error=f"{error}: wakeful-collector signin", first_run=False
        )
    return kit.set_session(redirect("/", 303), session)


@kit.page(blueprint, "/sign-out", methods=("POST",))
def sign_out() -> kit.Answer:
    """End this session, here and in the browser."""
    asking = kit.principal()
    if asking is not None:
        sessions.sign_out(kit.data(), asking, kit.now_ms())
    return kit.end_session(redirect("/sign-in", 303))


@kit.page(blueprint, "/account")
def account() -> kit.Answer:
    """Show a person's own sessions and the form for their password."""
    ended = request.args.get("done") == "sessions"
    return _account(None, "All other sessions have ended." if ended else None)


@kit.page(blueprint, "/account/password", methods=("POST",))
def change_password() -> kit.Answer:
    """Change one's own password; all other sessions end."""
    password = request.form.get("password", "")
    if password != request.form.get("again", password):
        return _account("The two new passwords differ.", None, 400)
    try:
        given = {"current": request.form.get("current", "")[:512], "password": password}
        ended = kit.run("user.change-own-password", given)["sessions_ended"]
    except kit.OperationError as error:
        return _account(f"{error.message[:1].upper()}{error.message[1:]}.", None, error.status)
    return _account(None, f"The password is changed. Other sessions ended: {ended}.")


@kit.page(blueprint, "/account/sessions", methods=("POST",))
def end_other_sessions() -> kit.Answer:
    """End all sessions but this one."""
    kit.run("user.end-sessions", {})
    return redirect("/account?done=sessions", 303)


def _account(error: str | None, done: str | None, status: int = 200) -> kit.Answer:
    asking = kit.principal()
    number = None if asking is None else asking.user
    user = None if number is None else people.user(kit.data(), number)
    shown = [
        {
            "here": asking is not None and session.hash == asking.secret_hash,
            "since_ms": session.created_ms,
            "seen_ms": session.seen_ms,
            "since": rfc3339(session.created_ms),
            "seen": rfc3339(session.seen_ms),
            "address": session.address,
            "program": session.program,
        }
        for session in (people.sessions(kit.data(), number) if number is not None else [])
    ]
    has_password = user is not None and user.password is not None
    return kit.render(
        "account.html", status, error=error, done=done, sessions=shown, has_password=has_password, user=user
    )
