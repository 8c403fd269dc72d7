"""Asking a Pterodactyl or Pelican panel: with a client API key, or logged in as its page does where there is no key.

With a key the request tells nothing else: a cookie, an Origin or a Referer beside it makes the panel take it for a page
and want a CSRF token. One Panel serves all servers of an account, from any thread. Certificates are always verified,
and no redirect is followed: a key is told to nobody but the address in agent.toml.
"""

from __future__ import annotations

import json
import re
import threading
from time import monotonic, time

from wakeful_agent.concealment import Concealment
from wakeful_agent.host.errors import HostError
from wakeful_agent.network import panel_answer as answers
from wakeful_agent.network.allowance import Allowance, told_seconds
from wakeful_agent.network.fetch import fetch
from wakeful_agent.network.panel_answer import PanelError, View
from wakeful_agent.network.panel_login import Login
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.network.fetch import Fetched

TIMEOUT_SECONDS = 20.0
"""The panel itself gives a node 15 seconds."""
SIGNALS = ("start", "stop", "restart", "kill")
_BODY_BYTES_MAX = 1024 * 1024
_SERVER = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_ACTIVITY = "activity?per_page=10&sort=-timestamp&filter%5Bevent%5D=server:power"


class Access(NamedTuple):
    """A panel and who asks it: `url` without a slash at its end; with a `key`, or a `user` and a `password`."""

    url: str
    key: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    fingerprint: str = ""


class Panel:
    """What is asked of one panel by one account; every question raises PanelError.

    `kept` is the file of refused passwords (see `refusals`); `concealment` knows more secrets than the account's own.
    """

    def __init__(self, access: Access, kept: str = "", concealment: Concealment | None = None) -> None:
        self.url = access.url.rstrip("/")
        self._access = access
        self._allowance = Allowance()
        self._lock = threading.Lock()
        self.concealment = concealment or Concealment()
        """What it must not be quoted with: keys and passwords."""
        for secret in (access.key, access.password):
            self.concealment.add(secret)
        self._login = None if access.key else Login(self._ask, self.url, access.user, access.password, kept)

    def view(self, server: str) -> View:
        """Return a server as the panel sees it."""
        return answers.parse_view(self._call("GET", server, "", "for the server").body)

    def grant(self, server: str) -> answers.Grant:
        """Return a new token for the server's websocket; the panel gives five a minute for each server."""
        return answers.parse_grant(self._call("GET", server, "websocket", "a websocket token").body)

    def resources(self, server: str) -> dict[str, Any]:
        """Return `state` and figures of a server, which the panel keeps for 20 seconds."""
        return answers.parse_resources(self._call("GET", server, "resources", "for the server's resources").body)

    def activity(self, server: str, within_seconds: float = 0.0) -> list[str]:
        """Return what was last done to a server's power, the newest first; the account may lack `activity.read`.

        With `within_seconds` only what is not older, by the panel's own clock.
        """
        found = self._call("GET", server, _ACTIVITY, "for the activity log")
        since = answers.clock_of(found.headers.get("date", ""), time()) - within_seconds if within_seconds else 0.0
        return answers.parse_activity(found.body, since)

    def power(self, server: str, signal: str) -> None:
        """Start, stop, restart or kill a server: the panel hands it to the node and does not wait."""
        self._call("POST", server, "power", f"to {signal} the server", {"signal": signal})

    def forgive(self) -> None:
        """Try once more a login that was refused."""
        if self._login is not None:
            self._login.forgive()

    def close(self) -> None:
        """Log out, where somebody was logged in."""
        if self._login is not None:
            self._login.out()

    def _call(self, method: str, server: str, what: str, asked: str, body: Mapping[str, str] | None = None) -> Fetched:
        if not _SERVER.match(server):
            raise PanelError(answers.MISSING, "a server is named by its short id or its uuid")
        self._wait_for_turn(urgent=method != "GET")
        path = f"/api/client/servers/{server}{'/' if what else ''}{what}"
        content = json.dumps(body).encode() if body is not None else b""
        try:
            if self._login is not None:
                found = self._login.call(method, path, content)
            else:
                found = self._ask(method, path, {"Authorization": f"Bearer {self._access.key}"}, content)
        except PanelError as error:
            raise self._concealed(error) from None
        return self._judged(found, asked, counts=what != "websocket")

    def _judged(self, found: Fetched, asked: str, counts: bool) -> Fetched:
        """Return the answer if it is a success; `counts`: its headers tell of the account's common window."""
        if counts:
            with self._lock:
                self._allowance.learn(found.headers, monotonic())
        if 200 <= found.status < 300:
            return found
        error = answers.error_of(found.status, found.body, self.concealment.text(asked))
        if error.code == answers.LIMITED:
            error.retry_seconds = told_seconds(found.headers, answers.detail_of(found.body), time())
            if counts:
                with self._lock:
                    self._allowance.refuse(error.retry_seconds, monotonic())
        raise self._concealed(error)

    def _wait_for_turn(self, urgent: bool) -> None:
        with self._lock:
            wait = self._allowance.wait_seconds(monotonic(), urgent)
        if wait > 0:
            text = f"the panel limits how often it may be asked; it is asked again in {wait:.0f} s"
            raise PanelError(answers.LIMITED, text, wait)

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Fetched:
        told = {"Accept": "application/json", **headers}
        if body:
            told["Content-Type"] = "application/json"
        try:
            return fetch(
                self.url + path,
                method=method,
                headers=told,
                body=body,
                timeout_seconds=TIMEOUT_SECONDS,
                most=_BODY_BYTES_MAX,
                ca_file=self._access.ca_file or None,
                fingerprint=self._access.fingerprint or None,
            )
        except HostError as error:
            raise PanelError(answers.UNREACHABLE, str(error)) from None

    def _concealed(self, error: PanelError) -> PanelError:
        return PanelError(error.code, self.concealment.text(str(error)), error.retry_seconds)
