"""Sessions of the Panel's web page: cookies, CSRF, login, second factor (section 1.1 of the facts)."""

from __future__ import annotations

import base64
import dataclasses
import hmac
import math
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from . import errors, people
from .door import Request, Response, of_json
from .limits import FixedWindow

if TYPE_CHECKING:
    from .panel import Panel
    from .people import User

COOKIE_SECONDS = 43_200
REMEMBER = "remember_web_" + "59ba36addc2b2f9401580f014c7f58ea4e30989d"
LOGINS_A_WINDOW = 10
"""Of login and checkpoint together, for the whole Panel and not for each client (section 1.2, seen)."""
FAILURES_MOST = 5
"""Of one address, whatever the account (section 1.2, seen)."""


@dataclasses.dataclass
class Visit:
    """One session on the Panel's side."""

    name: str
    csrf: str
    user: User | None = None
    confirmation: str = ""
    confirming: User | None = None
    confirm_until: float = 0.0


class Visits:
    """Every session of a Panel, and its doors for people."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.kept: dict[str, Visit] = {}
        window = panel.times.rate_window_seconds
        self.logins = FixedWindow(LOGINS_A_WINDOW, window)
        self.failures = FixedWindow(FAILURES_MOST, panel.times.lockout_seconds)
        self.attempts: list[tuple[str, str]] = []
        """Every name that was tried with how it ended: ok, wrong, locked, limited, captcha, factor."""

    @property
    def cookie(self) -> str:
        """The session cookie's name: the slug of the Panel's name, so it is learned and not known (section 1.1)."""
        return self.panel.app_name.lower().replace(" ", "_") + "_session"

    def of(self, request: Request) -> Visit | None:
        """Return the session of a request; its value is another one each time, and all of them are good."""
        name = _opened(unquote(request.cookies.get(self.cookie, "")))
        return self.kept.get(name)

    def begin(self) -> Visit:
        """Begin a session."""
        visit = Visit(secrets.token_hex(20), secrets.token_hex(20))
        self.kept[visit.name] = visit
        return visit

    def cookies(self, visit: Visit, also: list[tuple[str, str]] | None = None) -> list[tuple[str, str]]:
        """Return the cookies of an answer: both new each time (seen)."""
        end = f"; expires=Fri, 01-Jan-2100 00:00:00 GMT; Max-Age={COOKIE_SECONDS}; path=/; samesite=lax"
        session = f"{self.cookie}={quote(_sealed(visit.name), safe='')}{end}; httponly"
        return [
            ("Set-Cookie", f"XSRF-TOKEN={quote(_sealed(visit.csrf), safe='')}{end}"),
            ("Set-Cookie", session),
            *(also or []),
        ]

    def check_csrf(self, visit: Visit | None, request: Request) -> None:
        """Raise 419 unless the request brings its session's token: the cookie's value URL-decoded (seen)."""
        given = _opened(request.headers.get("x-xsrf-token", "")) or request.headers.get("x-csrf-token", "")
        if visit is None or not hmac.compare_digest(given, visit.csrf):
            raise errors.csrf()

    def remembered(self, request: Request) -> Visit | None:
        """Return a fresh session for a remember cookie that comes with the Panel's own Referer (seen)."""
        secret = request.cookies.get(REMEMBER, "")
        user = next((user for user in self.panel.users if secret and secret in user.remembered), None)
        if user is None or not self.panel.is_own_page(request.headers.get("referer", "")):
            return None
        visit = self.begin()
        visit.user = user
        return visit

    def answer(self, request: Request) -> Response | None:
        """Answer the doors for people; None for every other path."""
        route = request.method, request.path
        if self.panel.pelican and request.path.startswith("/auth/"):
            return Response(302, b"", [("Location", self.panel.url + "/login")])
        if route == ("GET", "/sanctum/csrf-cookie"):
            return Response(204, b"", self.cookies(self.of(request) or self.begin()))
        if route == ("GET", "/auth/login"):
            page = b'<!DOCTYPE html><html><head><title>Pterodactyl</title></head><body id="app"></body></html>'
            return Response(200, page, [("Content-Type", "text/html"), *self.cookies(self.of(request) or self.begin())])
        doors = {
            "/auth/login": self._log_in,
            "/auth/login/checkpoint": self._check_point,
            "/auth/logout": self._log_out,
        }
        if request.method != "POST" or request.path not in doors:
            return None
        visit = self.of(request)
        self.check_csrf(visit, request)
        assert visit is not None
        if request.path != "/auth/logout":
            if visit.user is not None:
                return Response(302, b"", [("Location", self.panel.url + "/"), *self.cookies(visit)])
            self._limit(request)
        return doors[request.path](request, visit)

    def _limit(self, request: Request) -> None:
        taken = self.logins.hit("", self.panel.elapsed())
        if not taken.allowed:
            self.attempts.append((_named(request), "limited"))
            raise errors.too_many(taken.limit, taken.retry_seconds, self.panel.now())

    def _log_in(self, request: Request, visit: Visit) -> Response:
        document = request.json()
        if not isinstance(document, dict):
            raise errors.malformed()
        missing = [(name, "required") for name in ("user", "password") if not isinstance(document.get(name), str)]
        if missing:
            raise errors.invalid(*missing)
        name = document["user"]
        if self.panel.captcha and not document.get("g-recaptcha-response"):
            self.attempts.append((name, "captcha"))
            raise errors.display("Failed to validate reCAPTCHA data.")
        self._check_lock(request, name)
        key = "email" if "@" in name else "name"
        user = next((user for user in self.panel.users if getattr(user, key) == name), None)
        if user is None or not hmac.compare_digest(user.password.encode(), document["password"].encode()):
            self._failed(request, name, "wrong")
            raise errors.display("No account matching those credentials could be found.")
        if user.totp:
            self.attempts.append((name, "factor"))
            visit.confirmation, visit.confirming = secrets.token_hex(32), user
            visit.confirm_until = self.panel.elapsed() + self.panel.times.checkpoint_seconds
            data = {"complete": False, "confirmation_token": visit.confirmation}
            return of_json(200, {"data": data}, self.cookies(visit))
        return self._welcome(visit, user)

    def _check_point(self, request: Request, visit: Visit) -> Response:
        document = request.json() or {}
        if visit.confirming is None:  # a TypeError in the panel (seen)
            raise errors.Problem(500, "TypeError", "An unexpected error was encountered.")
        self._check_lock(request, visit.confirming.name)
        code, recovery = document.get("authentication_code"), document.get("recovery_token")
        if not document.get("confirmation_token") or not (code or recovery):
            raise errors.invalid(("confirmation_token", "required"), ("authentication_code", "required"))
        user, now = visit.confirming, self.panel.now()
        if self.panel.elapsed() > visit.confirm_until:
            raise errors.display(
                "The authentication token provided has expired, please refresh the page and try again."
            )
        good = document["confirmation_token"] == visit.confirmation
        good = good and (people.code_matches(user.totp, str(code), now) if code else recovery in user.recovery)
        if not good:
            self._failed(request, user.name, "wrong")
            raise errors.display("The two-factor authentication token was invalid.")
        user.recovery.discard(str(recovery))
        return self._welcome(visit, user)

    def _check_lock(self, request: Request, name: str) -> None:
        """Raise while the address is locked out, also for the right password and for other accounts (seen)."""
        now = self.panel.elapsed()
        if self.failures.count(request.address, now) >= FAILURES_MOST:
            self.attempts.append((name, "locked"))
            left = self.failures.hit(request.address, now).retry_seconds
            raise errors.locked_out(math.ceil(left))

    def _failed(self, request: Request, name: str, how: str) -> None:
        self.attempts.append((name, how))
        self.failures.hit(request.address, self.panel.elapsed())

    def _welcome(self, old: Visit, user: User) -> Response:
        """Log in: the session gets another name, so that the old cookie is nobody's (section 1.1)."""
        self.kept.pop(old.name, None)
        visit = self.begin()
        visit.user = user
        secret = secrets.token_hex(30)
        user.remembered.add(secret)
        self.attempts.append((user.name, "ok"))
        remember = ("Set-Cookie", f"{REMEMBER}={secret}; Max-Age=34560000; path=/; httponly; samesite=lax")
        data: dict[str, Any] = {"complete": True, "intended": "/", "user": user.attributes()}
        return of_json(200, {"data": data}, self.cookies(visit, [remember]))

    def _log_out(self, request: Request, visit: Visit) -> Response:
        if visit.user is not None:
            visit.user.remembered.discard(request.cookies.get(REMEMBER, ""))
        self.kept.pop(visit.name, None)
        return Response(204, b"", self.cookies(self.begin()))


def _named(request: Request) -> str:
    document = request.json()
    return str(document.get("user", "")) if isinstance(document, dict) else ""


def _sealed(text: str) -> str:
    """Return it as the framework's encrypted cookies look: another each time, and with a `=` at its end."""
    packed = secrets.token_bytes(8) + text.encode()
    return base64.b64encode(packed + b"\0" * ((1 - len(packed)) % 3)).decode()


def _opened(text: str) -> str:
    """Return what was sealed; nothing when it is not whole, as an undecoded `%3D` is not."""
    try:
        return base64.b64decode(text, validate=True)[8:].rstrip(b"\0").decode()
    except ValueError:
        return ""
