"""servers: game servers with state, resources and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import NOT_FOUND, OK, Failure
from wakeful_collector.remote.table import Cell, Column, Styled
from wakeful_collector.remote.verbs.watches import silent_hosts, state_cell

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
A question mark behind a state says that the host is silent. Links are shown whole to keys with the scope operate, and
masked to others."""
EXAMPLES = """\
wakeful servers
wakeful servers survival
wakeful servers --json | jq -r '.servers[] | select(.state != "running") | .name'
"""
_STYLES = {"running": "good", "starting": "warn", "stopping": "warn", "offline": "bad"}
_HEADS = (
    Column("HOST", 10),
    Column("WATCH", 10),
    Column("SERVER", 12),
    Column("STATE"),
    Column("CPU", spare=2, right=True),
    Column("MEMORY", spare=2, right=True),
    Column("LINK", 20, spare=1),
)
_STEP = 1024.0


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("name", nargs="?", metavar="WATCH", help="show this one, with its console and all links")
    parser.add_argument("--host", metavar="NAME", help="only those that this host's agent looks after")


def run(session: Session, given: argparse.Namespace) -> int:
    """List game servers."""
    found = records(session.client.get("/servers", host=session.host_id(given.host)), "servers")
    if given.name is not None:
        found = [one for one in found if given.name in {one.get("watch"), one.get("name"), one.get("server")}]
        if not found:
            raise Failure(
                NOT_FOUND, "unknown_server", f"there is no server {given.name!r}", "wakeful servers lists them"
            )
    if session.json:
        session.out.document({"servers": found})
    elif given.name is not None:
        silent = silent_hosts(session)
        for one in found:
            _tell(session, one, silent)
    elif not found:
        session.err.line("No game servers are looked after yet; see the watch kind pterodactyl.")
    else:
        silent = silent_hosts(session)
        session.out.table(_HEADS, [_row(one, silent) for one in found])
    return OK


def _tell(session: Session, server: dict[str, Any], silent: set[str]) -> None:
    *cells, _ = _row(server, silent)
    names = ("host", "watch", "server", "state", "cpu", "memory")
    session.out.pairs([*zip(names, cells, strict=True), *(("link", url) for url in _urls(server))])
    console = server.get("console_tail")
    if isinstance(console, list) and console:
        session.out.line(Styled("last lines of its console", "dim"))
        for line in console:
            session.out.line("  ", str(line))


def _urls(server: dict[str, Any]) -> list[str]:
    links = server.get("links")
    return [str(one.get("url")) for one in links if isinstance(one, dict)] if isinstance(links, list) else []


def _row(server: dict[str, Any], silent: set[str]) -> list[Cell]:
    resources = server.get("resources") if isinstance(server.get("resources"), dict) else {}
    urls = _urls(server)
    return [
        str(server.get("host_name") or server.get("host")),
        str(server.get("watch") or ""),
        str(server.get("name") or server.get("server")),
        state_cell(server, _STYLES, silent),
        _percent(_first(resources, "cpu_absolute", "cpu", "cpu_percent")),
        _bytes(_first(resources, "memory_bytes", "memory")),
        urls[0] + (f" (+{len(urls) - 1})" if len(urls) > 1 else "") if urls else "",
    ]


def _first(resources: Any, *names: str) -> float | None:
    for name in names:
        value = resources.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return None


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} %"


def _bytes(value: float | None) -> str:
    if value is None:
        return ""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < _STEP:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= _STEP
    return f"{value:.1f} TiB"
