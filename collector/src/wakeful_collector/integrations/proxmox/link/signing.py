"""Who asks: an API token in a header, or a ticket that a password was given for, with its token against forgery."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link.errors import PveError

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

TICKET = "/access/ticket"
RENEW_SECONDS = 3_600.0
"""A ticket lives two hours; within them it renews itself, without the password and without its 3 s when it is wrong."""
_COOKIE = "!:@/+=-._~"
"""What a cookie's value may hold as it is; the rest of a ticket (a user's name) is quoted, which pveproxy undoes."""

Ask = Callable[[dict[str, str]], Any]
"""Posts a form to TICKET, without anything of a login, and returns the data of the answer."""


class Ticket(NamedTuple):
    """A ticket, its token against forged requests, and when it was given (monotonic seconds)."""

    text: str
    csrf: str
    given_seconds: float


class Signer:
    """What signs requests to one cluster; several threads may ask it."""

    def __init__(self, cluster: Cluster, secret: str) -> None:
        self._login = cluster.login
        self._secret = secret
        self._uses_token = cluster.auth == "token"
        self._ticket: Ticket | None = None
        self._turn = threading.Lock()

    @property
    def can_renew(self) -> bool:
        """Tell whether signing in again may help where a request was not accepted."""
        return not self._uses_token

    def headers(self, method: str, ask: Ask) -> dict[str, str]:
        """Return the headers that say who asks; `ask` is used when there is no ticket, or it is old.

        Raises:
            PveError: kind `auth` when the password is wrong, or the user has a second factor.
        """
        if self._uses_token:
            return {"Authorization": f"PVEAPIToken={self._login}={self._secret}"}
        ticket = self._current(ask)
        headers = {"Cookie": f"PVEAuthCookie={quote(ticket.text, safe=_COOKIE)}"}
        return headers if method == "GET" else headers | {"CSRFPreventionToken": ticket.csrf}

    def forget(self) -> None:
        """Forget the ticket, which was not accepted any more."""
        with self._turn:
            self._ticket = None

    def _current(self, ask: Ask) -> Ticket:
        with self._turn:
            known = self._ticket
            now_seconds = clock.monotonic_seconds()
            if known is None or now_seconds - known.given_seconds > RENEW_SECONDS:
                self._ticket = known = self._signed_in(ask, known, now_seconds)
            return known

    def _signed_in(self, ask: Ask, known: Ticket | None, now_seconds: float) -> Ticket:
        if known is not None:
            try:
                return _ticket(ask({"username": self._login, "password": known.text}), now_seconds)
            except PveError as error:
                if error.kind != "auth":
                    raise
        return _ticket(ask({"username": self._login, "password": self._secret}), now_seconds)


def _ticket(told: Any, now_seconds: float) -> Ticket:
    found = told if isinstance(told, dict) else {}
    text, csrf = found.get("ticket"), found.get("CSRFPreventionToken")
    if found.get("NeedTFA") or (isinstance(text, str) and "!tfa!" in text):
        raise PveError(
            "auth", "the user has a second factor, which nobody can type here: use an API token", path=TICKET
        )
    if not isinstance(text, str) or not isinstance(csrf, str) or not text:
        raise PveError("garbled", "it signs in without a ticket", path=TICKET)
    return Ticket(text, csrf, now_seconds)
