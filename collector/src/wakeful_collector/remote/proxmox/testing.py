"""What the test of a cluster's connection found, told in words: each check, and the lines that would mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.table import Styled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.remote.session import Session
    from wakeful_collector.remote.terminal import Terminal

PATIENCE_SECONDS = 90.0
"""A name that does not resolve and a host that drops packets take their time, and wrong logins are answered late."""

_STYLES = {"ok": "good", "partly": "warn", "warning": "warn", "failed": "bad"}
_ROOM = max(map(len, _STYLES))


def tested(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what a test found; raise Failure."""
    return asking.result_of(session, "proxmox.test", asked, PATIENCE_SECONDS)


def told(out: Terminal, found: Mapping[str, Any], only_wrong: bool) -> None:
    """Write each check with its way out, below the host it is about; those that went well when all are wanted."""
    host = None
    for one in found.get("checks") or []:
        state = str(one.get("state"))
        if state == "ok" and only_wrong:
            continue
        if one.get("host") and one["host"] != host:
            host = one["host"]
            out.line("  ", Styled(str(host), "bold"))
        out.line("  ", Styled(state.ljust(_ROOM), _STYLES.get(state, "")), f"  {one.get('name')}: {one.get('text')}")
        if one.get("hint"):
            out.line(" " * (_ROOM + 4), Styled(str(one["hint"]), "dim"))
    if found.get("ok"):
        version = f", Proxmox VE {found['version']}" if found.get("version") else ""
        out.line("  ", Styled(f"what is wanted there works{version}", "good"))


def token_lines(out: Terminal, found: Mapping[str, Any]) -> None:
    """Write the lines that make a token with just what is wanted."""
    lines = found.get("pveum")
    if isinstance(lines, list) and lines:
        out.line()
        out.line(f"On a node, as root, these make a token that may {found.get('wants')}, and nothing else:")
        for line in lines:
            out.line("  ", str(line))
