"""The Panel: who asks, how often, and by which door (sections 1.1 and 1.2 of the facts)."""

from __future__ import annotations

import collections
import dataclasses
import time
from typing import TYPE_CHECKING, Any

from . import errors
from .client_api import ClientApi
from .door import LOOPBACK, Door, Request, Response, of_json
from .limits import FixedWindow
from .people import Key, User
from .turning import inside
from .visits import Visits

if TYPE_CHECKING:
    import ssl

    from .door import Address
    from .server import Server
    from .times import Times
    from .turning import Turning
    from .wings import Wings

CLIENT_PREFIX = "/api/client"
TWO_FACTOR = "Two-factor authentication is required on this account in order to access this endpoint."
FIRST_FACTOR_DOORS = ("/api/client/account", "/api/client/account/two-factor")


@dataclasses.dataclass
class Asked:
    """One request that the Panel answered; `way` is key, session or nothing."""

    at: float
    method: str
    path: str
    status: int
    way: str


@dataclasses.dataclass
class Failure:
    """An answer that stands in for the real one."""

    status: int
    path: str
    headers: list[tuple[str, str]]
    body: bytes


class Panel(Door):
    """The Panel. Every public method may be called from any thread."""

    def __init__(self, turning: Turning, times: Times, tls: ssl.SSLContext | None, at: Address = LOOPBACK) -> None:
        self.times = times
        self.app_name = "Pterodactyl"
        self.users: list[User] = []
        self.servers: dict[str, Server] = {}
        self.nodes: dict[str, Wings] = {}
        self.captcha = True
        """reCAPTCHA is on by default: no scripted password login (section 1.1)."""
        self.pelican = False
        """Pelican: keys begin with `pacc_`, and there is no login for programs (section 1.1)."""
        self.two_factor_required = 0
        """0 nobody, 1 administrators, 2 everybody."""
        self.scoped_tokens = True
        """Panels from 1.12.3 on write `scope` into tokens; an older one fits no new Wings (section 1.4, seen)."""
        self.token_limit_a_server = True
        """The token endpoint's 5 a minute for each server, newer Panels (section 1.2)."""
        self.client_limit = 720
        self.skew_seconds = 0.0
        """How wrong its time of day is."""
        self.passed_seconds = 0.0
        """How much time has passed that did not: windows and caches end by it."""
        self.foreign: Server | None = None
        """Every token is for this server, whichever was asked for: a panel with two nodes mixed up."""
        self.failures: list[Failure] = []
        self.requests: collections.deque[Asked] = collections.deque(maxlen=20_000)
        self.visits = Visits(self)
        self.client_windows = FixedWindow(self.client_limit, times.rate_window_seconds)
        self.api = ClientApi(self)
        super().__init__(turning, tls, at)

    def now(self) -> float:
        """Return the time of day of this machine."""
        return time.time() + self.skew_seconds + self.passed_seconds

    def elapsed(self) -> float:
        """Return the clock of windows and caches, which nobody sets."""
        return time.monotonic() + self.passed_seconds

    # What a test does to it.

    @inside
    def add_user(self, name: str, password: str = "", admin: bool = False, totp: str = "") -> User:
        """Add an account."""
        user = User(len(self.users) + 1, name, password or f"password of {name}", admin, totp)
        self.users.append(user)
        return user

    @inside
    def add_key(
        self, user: User, prefix: str = "", allowed_ips: tuple[str, ...] = (), expires: float | None = None
    ) -> str:
        """Add an API key and return its text."""
        return user.mint_key(prefix or ("pacc_" if self.pelican else "ptlc_"), allowed_ips, expires).text

    @inside
    def fail(
        self,
        status: int,
        times: int = 1,
        path: str = "",
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"<html><body>error</body></html>",
    ) -> None:
        """Answer the next requests whose path holds `path` with a status and a page, as a proxy in front does."""
        self.failures += [Failure(status, path, headers or [], body)] * times

    @inside
    def asked(self, path: str = "", method: str = "") -> list[Asked]:
        """Return what was asked at paths that hold `path`."""
        return [one for one in self.requests if path in one.path and method in {"", one.method}]

    def is_own_page(self, address: str) -> bool:
        """Tell whether a Referer or an Origin is of this Panel itself."""
        return address == self.url or address.startswith(self.url + "/")

    # How it answers.

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        way: list[str] = []
        response = self._failure(request)
        if response is None:
            try:
                response = self.visits.answer(request) or await self._client(request, way)
            except errors.Problem as problem:
                response = self._explained(problem, request)
        asked = Asked(time.monotonic(), request.method, request.path, response.status, "".join(way))
        self.requests.append(asked)
        return response

    def _failure(self, request: Request) -> Response | None:
        for failure in self.failures:
            if failure.path in request.path:
                self.failures.remove(failure)
                return Response(failure.status, failure.body, [("Content-Type", "text/html"), *failure.headers])
        return None

    def _explained(self, problem: errors.Problem, request: Request) -> Response:
        """Without `Accept: application/json` a stranger is sent to the login page, not told 401 (section 1.1, seen)."""
        if problem.status == 401 and "json" not in request.headers.get("accept", ""):
            page = b"<!DOCTYPE html><html><body>Redirecting</body></html>"
            return Response(302, page, [("Location", self.url + "/auth/login"), ("Content-Type", "text/html")])
        return problem.response()

    async def _client(self, request: Request, way: list[str]) -> Response:
        if request.path != CLIENT_PREFIX and not request.path.startswith(CLIENT_PREFIX + "/"):
            return of_json(
                404, {"errors": [{"code": "NotFoundHttpException", "status": "404", "detail": "Not found."}]}
            )
        headers = request.headers
        visit = self.visits.of(request)
        own = any(self.is_own_page(headers.get(name, "")) for name in ("origin", "referer"))
        first_party = self.visits.cookie in request.cookies or own
        if first_party and request.method != "GET":
            self.visits.check_csrf(visit, request)  # also with a good key (section 1.1, seen)
        if first_party and (visit is None or visit.user is None):
            visit = self.visits.remembered(request) or visit
        key = self._key(request)
        user = visit.user if first_party and visit is not None and visit.user is not None else None
        cookies = self.visits.cookies(visit) if user is not None and visit is not None else []
        way.append("session" if user is not None else "key" if key is not None else "")
        user = user or (key.user if key is not None else None)
        counted = self._count(request, user)
        if user is None:
            raise errors.unauthenticated()
        self._check_key(key if way == ["key"] else None, request)
        self._check_factor(user, request)
        if request.body and request.json() is None:
            raise errors.malformed()
        response = await self.api.answer(request, user)
        response.headers += [*_closer(response.headers, counted), *cookies]
        return response

    def _key(self, request: Request) -> Key | None:
        given = request.headers.get("authorization", "")
        keys = (key for user in self.users for key in user.keys)
        found = next((key for key in keys if given == f"Bearer {key.text}"), None)
        return found if found is not None and (found.expires is None or found.expires > self.now()) else None

    def _check_key(self, key: Key | None, request: Request) -> None:
        if key is None:
            return
        if key.text.startswith(("ptla_", "papp_")):
            words = "You are attempting to use an application API key on an endpoint that requires a client API key."
            raise errors.forbidden(words)
        if key.allowed_ips and request.address not in key.allowed_ips:
            words = f"This IP address ({request.address}) does not have permission to access the API using these "
            words += "credentials."
            raise errors.forbidden(words)

    def _check_factor(self, user: User, request: Request) -> None:
        wanted = self.two_factor_required == 2 or (self.two_factor_required == 1 and user.admin)
        if wanted and not user.totp and request.path not in FIRST_FACTOR_DOORS:
            raise errors.Problem(400, "TwoFactorAuthRequiredException", TWO_FACTOR)

    def _count(self, request: Request, user: User | None) -> list[tuple[str, str]]:
        """Count the request on its user, all keys and sessions together, or on its address (section 1.2)."""
        self.client_windows.limit = self.client_limit
        taken = self.client_windows.hit(user.uuid if user is not None else request.address, self.elapsed())
        if not taken.allowed:
            raise errors.too_many(taken.limit, taken.retry_seconds, self.now())
        return [("X-RateLimit-Limit", str(taken.limit)), ("X-RateLimit-Remaining", str(taken.remaining))]

    def note(self, user_uuid: str, server: Server, event: str, properties: dict[str, Any]) -> None:
        """Take what Wings tells for the activity log."""
        user = next((user for user in self.users if user.uuid == user_uuid), None)
        self.api.note(server, user, f"server:{event}", properties, by_api=False, address="127.0.0.1")


def _closer(own: list[tuple[str, str]], counted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the common limit's headers unless a limit of the endpoint itself is closer to its end."""
    left = dict(own).get("X-RateLimit-Remaining")
    return [] if left is not None and int(left) <= int(dict(counted)["X-RateLimit-Remaining"]) else counted
