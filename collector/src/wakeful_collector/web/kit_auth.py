"""Who asks: API keys and sessions, the CSRF token that goes with a session, and pages that need a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Response, g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from wakeful_collector.accounts import keys, secrets, sessions
from wakeful_collector.web.beginning import BODY_BYTES_MAX
from wakeful_collector.web.kit_errors import WebError, abort, too_large
from wakeful_collector.web.kit_guard import host_name
from wakeful_collector.web.kit_state import client_address, data, is_secure, now_ms, settings, state

if TYPE_CHECKING:
    from wakeful_collector.accounts import Principal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
VISIT_PREFIX = "wk_vis_"
_TOKEN_CHARACTERS_MAX = 128

View = Callable[..., Answer]


def session_cookie() -> str:
    """Return the name of the session's cookie; it holds the port, as cookies do not tell ports of a host apart."""
    name = f"wakeful-{settings().port()}"
    return f"__Host-{name}" if is_secure() else name


def visit_cookie() -> str:
    """Return the name of the cookie that binds a form to a browser that is not signed in."""
    return f"{session_cookie()}-visit"


def principal() -> Principal | None:
    """Return who asks: the API key's holder when one came along, else the session's user, else None."""
    if "principal" not in g:
        g.principal = _by_key() if _key() is not None else _by_session()
    return cast("Principal | None", g.principal)


def require(scope: str) -> Principal:
    """Return who asks, if they hold `scope`; answer 401 or 403 if not, and 403 without the session's CSRF token.

    An empty scope is for what asks for a scope of its own later.
    """
    asking = principal()
    if asking is None:
        said = "this API key is not valid (any more)" if _key() is not None else "an API key or a session is needed"
        abort(
            401, "unauthorized", f"{said}; make one with: wakeful-collector key create", {"WWW-Authenticate": "Bearer"}
        )
    if _key() is not None and (wait := state().rates.wait_seconds(asking.secret_hash, now_ms())):
        abort(429, "too_often", f"this key asks too often; come again in {wait} s", {"Retry-After": str(wait)})
    if scope and not asking.may(scope):
        abort(403, "forbidden", f"this needs the scope {scope}; {asking.name} has {', '.join(sorted(asking.scopes))}")
    if request.method not in SAFE_METHODS and _key() is None:
        check_csrf()
    return asking


def csrf_token() -> str:
    """Return the token that this browser's forms must carry as `csrf`, and its scripts as `X-CSRF-Token`."""
    secret = _cookie(session_cookie()) if principal() is not None else None
    return secrets.csrf_token(secret or _visit())


def check_csrf() -> None:
    """Answer 403 unless the request comes from a page of ours: same origin, with this browser's token."""
    origin = request.headers.get("Origin")
    if origin is not None and host_name(urlsplit(origin).netloc) != host_name(request.host):
        abort(403, "csrf", "this request comes from a page of another site")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403, "csrf", "this request comes from a page of another site")
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf") or ""
    if not secrets.same(sent, csrf_token()):
        abort(403, "csrf", "the form has expired: go back, load the page again and send it anew")


def visitor(app: Flask, environ: dict[str, Any]) -> Principal | None:
    """Return whose browser sends this request from a page of ours; None for a key, no session, or a forged request.

    For what stands before Flask: the token must be in the header `X-CSRF-Token`, whatever the method, and the body is
    left unread.
    """
    with app.request_context(environ):
        if _key() is not None or "X-CSRF-Token" not in request.headers or (asking := principal()) is None:
            return None
        try:
            check_csrf()
        except WebError:
            return None
        return asking


def set_session(answer: Answer, token: str) -> Answer:
    """Give the browser a session."""
    answer.set_cookie(
        session_cookie(),
        token,
        max_age=settings().session_days * 86_400,
        path="/",
        secure=is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return end_visit(answer)


def end_session(answer: Answer) -> Answer:
    """Take the session's cookie from the browser."""
    answer.delete_cookie(session_cookie(), path="/", secure=is_secure(), httponly=True, samesite="Strict")
    return answer


def end_visit(answer: Answer) -> Answer:
    """Take the cookie of a browser that is not signed in any more."""
    answer.delete_cookie(visit_cookie(), path="/", secure=is_secure(), httponly=True, samesite="Strict")
    return answer


def page(
    blueprint: Blueprint, path: str, methods: Sequence[str] = ("GET",), scope: str | None = "read"
) -> Callable[[View], View]:
    """Register a page for people: signed in, holding `scope` (None: for everybody), safe from forged forms."""

    def register(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> Answer:
            away = None if scope is None else _admit(scope)
            if away is not None:
                return away
            if scope is None and request.method not in SAFE_METHODS:
                _bound_stranger()
                check_csrf()
            answer = make_response(view(**arguments))
            answer.headers.setdefault("Cache-Control", "no-store")
            _keep_visit(answer)
            return answer

        blueprint.add_url_rule(path, view_func=guarded, methods=list(methods))
        return view

    return register


def local_path(target: str) -> str:
    """Return `target` if it is a path of this server, else `/`: nobody is sent elsewhere by a crafted link."""
    fits = (
        target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable() and "\\" not in target
    )
    return target if fits else "/"


def _bound_stranger() -> None:
    """Refuse a form that whoever may send in pieces, for as long as he likes, and hold a thread by it."""
    if request.content_length is None:
        abort(411, "length_required", "a form must say how long it is (Content-Length)")
    if request.content_length > BODY_BYTES_MAX:
        abort(413, "too_large", too_large(BODY_BYTES_MAX))


def _admit(scope: str) -> Answer | None:
    if principal() is None and request.method in SAFE_METHODS:
        return _to_sign_in()
    if principal() is None:
        return redirect("/sign-in", 303)
    require(scope)
    return None


def _to_sign_in() -> Answer:
    target = request.full_path if request.query_string else request.path
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": "/sign-in", "Cache-Control": "no-store"})
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.headers.get("Sec-Fetch-Mode") == "navigate":
        # A strict cookie does not come along from a link on another site; from our own page it does.
        headers = {"Cache-Control": "no-store"}
        return make_response(render_template("bounce.html", target=local_path(target)), 200, headers)
    answer = redirect(f"/sign-in?next={quote(target, safe='')}" if target != "/" else "/sign-in", 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _key() -> str | None:
    bearer = request.headers.get("Authorization", "")
    if bearer[:7].lower() == "bearer ":
        return bearer[7:].strip()
    return request.headers.get("X-API-Key")


def _by_key() -> Principal | None:
    key = _key() or ""
    return keys.principal_of_key(data(), key[:_TOKEN_CHARACTERS_MAX], client_address(), now_ms())


def _by_session() -> Principal | None:
    token = _cookie(session_cookie())
    return None if token is None else sessions.principal_of_session(data(), token, client_address(), now_ms())


def _cookie(name: str) -> str | None:
    value = request.cookies.get(name, "")
    return value if 0 < len(value) <= _TOKEN_CHARACTERS_MAX else None


def _visit() -> str:
    kept = _cookie(visit_cookie())
    if kept is not None and kept.startswith(VISIT_PREFIX):
        return kept
    if "visit" not in g:
        g.visit = secrets.new_token(VISIT_PREFIX)
    return str(g.visit)


def _keep_visit(answer: Answer) -> None:
    if "visit" in g and principal() is None:
        answer.set_cookie(
            visit_cookie(), g.visit, path="/", secure=is_secure(), httponly=True, samesite="Strict", max_age=3600
        )
