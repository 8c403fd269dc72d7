"""Sends a message through Apprise, which knows a hundred services; held to the collector's policy for connections.

The guard is Python's audit hook, which no plugin can take off again: every connection's address is judged when it is
made, nothing listens, no program is started. Redirects are not followed.
"""

from __future__ import annotations

import logging
import socket
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wakeful_collector.model.addresses import is_private_literal, refusal
from wakeful_collector.model.concealing import concealed

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows", "file"})
"""Services that are not elsewhere: they talk to the desktop or the log of this machine."""

_PROGRAMS = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn"}
)
_SERVING = frozenset({"socket.bind"})
_LEVELS = {"failure", "success", "info", "warning"}


class Forbidden(PermissionError):
    """What a service's library wanted to do, and may not."""


def forbidden(event: str, arguments: tuple[Any, ...], allow_private: bool) -> str:
    """Return why an audit event may not go on, empty when it may."""
    if event in _PROGRAMS:
        return "it wants to start a program, which is not permitted here"
    if event in _SERVING:
        return "it wants to listen, which is not permitted here"
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        target, address = arguments[0], arguments[1]
        if event == "socket.sendmsg" and address is None:
            return ""  # it goes where the socket was connected to, which was judged then
        if target.family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
            return "it wants to talk to a program of this machine, which is not permitted here"
        return refusal(str(address[0]), allow_private)
    return ""


def guard(allow_private: bool) -> list[str]:
    """Hold this process to the policy from now on; what is refused is noted in the returned list."""
    refused: list[str] = []

    def judge(event: str, arguments: tuple[Any, ...]) -> None:
        reason = forbidden(event, arguments, allow_private)
        if reason:
            refused.append(reason)
            raise Forbidden(1, reason)

    sys.addaudithook(judge)
    return refused


class _Complaints(logging.Handler):
    """Keeps what Apprise says went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def send(request: Mapping[str, Any]) -> dict[str, Any]:
    """Send, or only look whether Apprise knows such an address (`check`)."""
    url = str(request["url"])
    scheme = url.partition("://")[0].lower()
    if scheme in LOCAL:
        return {"outcome": "refused", "error": f"{scheme}:// is something on this machine, not a service elsewhere"}
    service = known(url)
    if service is None:
        return {"outcome": "refused", "error": f"Apprise knows no such address that begins with {scheme[:32]}://"}
    if request.get("check"):
        return {"outcome": "known", "error": "", "service": str(service.service_name)[:64]}
    return _notified(service, request, url)


def known(url: str) -> Any:
    """Return Apprise's service for an address, None when it knows none; nothing is kept on disk."""
    import apprise
    from requests import Session

    # One hop only: where an answer leads to was not configured by anybody.
    Session.get_redirect_target = lambda _self, _response: None  # type: ignore[assignment]  # says so of none
    logging.getLogger("apprise").propagate = False
    asset = apprise.AppriseAsset(
        plugin_paths=[], storage_mode=apprise.PersistentStoreMode.MEMORY, secure_logging=True, app_id="Wakeful",
        app_desc="Wakeful", app_url="",
    )  # fmt: skip
    return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


def _notified(service: Any, request: Mapping[str, Any], url: str) -> dict[str, Any]:
    complaints = _Complaints()
    logging.getLogger("apprise").addHandler(complaints)
    level = str(request.get("level", "info"))
    refused = guard(bool(request.get("allow_private")) or is_private_literal(urlsplit(url).hostname or ""))
    took = service.notify(
        title=str(request["title"]),
        body=str(request["text"]),
        notify_type=level if level in _LEVELS else "info",
        body_format="text",
    )
    if took:
        return {"outcome": "delivered", "error": ""}
    if refused:
        return {"outcome": "refused", "error": concealed(refused[0], url)}
    said = complaints.said[-1] if complaints.said else "the service did not take it and does not say why"
    return {"outcome": "failed", "error": concealed(said, url)}
