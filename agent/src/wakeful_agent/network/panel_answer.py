"""What a Pterodactyl or Pelican panel answers, read without asking: its errors in plain words, its servers, its tokens.

Pure. The status line decides; the body's own `status` is wrong for a lock-out, which is 429 with 422 inside.
"""

from __future__ import annotations

import json
import re
from datetime import datetime

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import decode, label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNAUTHORIZED, FORBIDDEN, MISSING, CONFLICT, CSRF = "unauthorized", "forbidden", "missing", "conflict", "csrf"
LIMITED, NODE, BROKEN, REDIRECT, FOREIGN = "limited", "node", "broken", "redirect", "foreign"
PASSWORD, TWO_FACTOR, CAPTCHA, NO_LOGIN = "password", "two_factor", "captcha", "no_login"
UNREACHABLE = "unreachable"
LASTING = frozenset({UNAUTHORIZED, FORBIDDEN, MISSING, REDIRECT, FOREIGN, PASSWORD, TWO_FACTOR, CAPTCHA, NO_LOGIN})
"""What stays so until a person does something."""

_MEANINGS = {
    401: (UNAUTHORIZED, "the panel does not know this account or key (401); the key may be expired or deleted"),
    403: (FORBIDDEN, "the panel forbids ASKED (403)"),
    404: (MISSING, "the panel has no such server, or this account may not see it (404)"),
    419: (CSRF, "the panel wants its CSRF token (419)"),
    429: (LIMITED, "the panel limits how often it may be asked (429)"),
    502: (NODE, "the panel does not reach the server's node (502)"),
    504: (NODE, "the panel does not reach the server's node (504)"),
}
_DETAIL_CHARACTERS_MAX = 200
_MIB = 1024 * 1024
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"[A-Za-z]{3}, (\d\d) ([A-Za-z]{3}) (\d{4}) (\d\d:\d\d:\d\d) GMT\Z", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?\Z", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


class PanelError(HostError):
    """The panel did not do as asked: a `code` of this module, and how long to wait where it says so."""

    def __init__(self, code: str, sentence: str, retry_seconds: float = 0.0) -> None:
        super().__init__(sentence)
        self.code = code
        self.retry_seconds = retry_seconds

    @property
    def lasting(self) -> bool:
        """Tell whether a person must see to it."""
        return self.code in LASTING


class View(NamedTuple):
    """A server as the panel sees it; `held` says why it may not be started now, empty when nothing is in the way."""

    uuid: str
    name: str
    node: str
    disk_limit_bytes: int
    held: str
    permissions: tuple[str, ...]

    def may(self, permission: str) -> bool:
        """Tell whether the account has a permission; where the panel says nothing of them, it has."""
        return not self.permissions or "*" in self.permissions or permission in self.permissions


class Grant(NamedTuple):
    """A token for one server's websocket, and where that is."""

    token: str
    socket_url: str


def error_of(status: int, body: bytes, asked: str) -> PanelError:
    """Return what an answer that is no success means; `asked` stands for what was asked in the sentence."""
    said = detail_of(body)
    quoted = f': "{said}"' if said else ""
    if status == 409:
        return PanelError(CONFLICT, said or "the panel says that the server cannot be used now (409)")
    if status == 400 and "two-factor" in said.lower():
        return PanelError(TWO_FACTOR, f"the panel wants two-factor authentication on this account{quoted}")
    code, sentence = _MEANINGS.get(status, (BROKEN, f"the panel answers {status} to {asked}"))
    if 300 <= status < 400:
        code, sentence = REDIRECT, f"the panel leads elsewhere ({status}): give the address that it leads to"
    return PanelError(code, f"{sentence.replace('ASKED', asked)}{quoted}")


def detail_of(body: bytes) -> str:
    """Return the panel's own sentence in an error, made fit to be told; empty when there is none."""
    document = _document(body)
    errors = document.get("errors") if document else None
    first = errors[0] if isinstance(errors, list) and errors else None
    said = first.get("detail") if isinstance(first, dict) else None
    return label(said, _DETAIL_CHARACTERS_MAX) if isinstance(said, str) else ""


def parse_answer(body: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer; raise PanelError when there is none: somebody else's page, as a rule."""
    document = _document(body)
    if document is None:
        raise PanelError(FOREIGN, "what answers there is no panel: it sends something else than JSON")
    return document


def parse_view(body: bytes) -> View:
    """Return a server's page; raise PanelError."""
    document = parse_answer(body)
    told = _object(document.get("attributes"))
    meta = _object(document.get("meta"))
    uuid = _text(told.get("uuid")).lower()
    if not _UUID.match(uuid):
        raise PanelError(FOREIGN, "the panel's page of the server names no uuid")
    limit = _object(told.get("limits")).get("disk")
    permissions = meta.get("user_permissions")
    return View(
        uuid=uuid,
        name=label(_text(told.get("name")), 120),
        node=label(_text(told.get("node")), 120),
        disk_limit_bytes=limit * _MIB if isinstance(limit, int) and 0 < limit < 1 << 40 else 0,
        held=held_of(told),
        permissions=tuple(one for one in permissions if isinstance(one, str)) if isinstance(permissions, list) else (),
    )


def held_of(told: dict[str, Any]) -> str:
    """Return why a server may not be started, from its attributes; empty when nothing is in the way."""
    status = _text(told.get("status"))
    if told.get("is_suspended") is True or status == "suspended":
        return "it is suspended"
    if told.get("is_transferring") is True:
        return "it is being moved to another node"
    if status in {"install_failed", "reinstall_failed"}:
        return "its installation failed"
    if told.get("is_installing") is True or status == "installing":
        return "it is being installed"
    if status == "restoring_backup":
        return "a backup is being restored"
    return "its node is under maintenance" if told.get("is_node_under_maintenance") is True else ""


def parse_grant(body: bytes) -> Grant:
    """Return the token and the address of a websocket; raise PanelError."""
    told = _object(parse_answer(body).get("data"))
    token, url = _text(told.get("token")), _text(told.get("socket"))
    if not token.isascii() or not token.isprintable() or not url.startswith(("ws://", "wss://")):
        raise PanelError(FOREIGN, "the panel's answer holds no websocket token")
    return Grant(token, url)


def parse_resources(body: bytes) -> dict[str, Any]:
    """Return `state` and the figures of a server's resources; raise PanelError."""
    told = _object(parse_answer(body).get("attributes"))
    return {**_object(told.get("resources")), "state": _text(told.get("current_state"))}


def parse_activity(body: bytes, since_seconds: float = 0.0) -> list[str]:
    """Return the names of what people did, the newest first; raise PanelError.

    With `since_seconds` (since the epoch, by the panel's clock) only of what has a time, and a later one.
    """
    rows = parse_answer(body).get("data")
    told = [_object(_object(row).get("attributes")) for row in rows] if isinstance(rows, list) else []
    if since_seconds:
        told = [one for one in told if _seconds(_text(one.get("timestamp"))) > since_seconds]
    return [label(_text(one.get("event")), 80) for one in told]


def clock_of(date: str, own_seconds: float) -> float:
    """Return what an answer's `date` says in seconds since the epoch; `own_seconds` where it says nothing."""
    found = _DATE.match(date)
    if found is None or found[2] not in _MONTHS:
        return own_seconds
    month = _MONTHS.index(found[2]) + 1
    return _seconds(f"{found[3]}-{month:02}-{found[1]}T{found[4]}+00:00") or own_seconds


def _seconds(text: str) -> float:
    """Return a moment as seconds since the epoch; 0 for what is none."""
    found = _MOMENT.match(text)
    if found is None:
        return 0.0
    try:
        return datetime.fromisoformat(f"{found[1]}{(found[2] or '+00:00').replace('Z', '+00:00')}").timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(decode(body))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
