"""host: one machine whole: facts, problems, watches, and what may be asked there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.arguments import shape
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK, Failure
from wakeful_collector.remote.moments import ago, local, span
from wakeful_collector.remote.session import host_path
from wakeful_collector.remote.table import Cell, Column, Styled
from wakeful_collector.remote.verbs.hosts import status_cell, trouble_cell
from wakeful_collector.remote.verbs.watches import HEADS, row

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wakeful_collector.remote.session import Session

ABOUT = "What may be asked is what the machine's own agent.toml permits; wakeful ask does it."
EXAMPLES = """\
wakeful host web-1
wakeful host k3vq7x2mh5ta --json | jq .host.capabilities
"""
_DANGERS = {"changes": "warn", "destroys": "bad"}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("host", metavar="NAME", help="the host's name or id")


def run(session: Session, given: argparse.Namespace) -> int:
    """Show one host."""
    found = session.host(given.host)
    detail = session.client.get(host_path(found))
    troubles = records(session.client.get("/troubles", host=found["id"]), "troubles")
    watches = kept_alive(session, str(found["id"]))
    if session.json:
        session.out.document({"host": detail, "troubles": troubles, "watches": watches})
        return OK
    _tell(session, detail)
    if troubles:
        _head(session, "needs a look")
        for trouble in troubles:
            session.out.line("  ", trouble_cell(trouble))
    if watches:
        _head(session, "kept alive")
        silent = {str(found["id"])} if detail.get("status") == "silent" else set()
        session.out.table(HEADS[1:], [row(one, session.now_ms, silent)[1:] for one in watches], "  ")
    _tell_actions(session, announced(detail))
    return OK


def kept_alive(session: Session, host_id: str) -> list[dict[str, Any]]:
    """Return the watches of a host; none from a collector that knows no watches."""
    try:
        return records(session.client.get("/watches", host=host_id), "watches")
    except Failure as problem:
        if problem.code == "not_offered":
            return []
        raise


def announced(detail: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the actions that a host said may be asked for; one for several watches takes the watch as an argument."""
    actions = _part(detail, "hello").get("actions")
    found: dict[str, dict[str, Any]] = {}
    for one in actions if isinstance(actions, list) else []:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            known = found.setdefault(one["name"], {**one, "parameters": dict(_part(one, "parameters"))})
            if isinstance(one.get("watch"), str):
                choice = {"kind": "choice", "required": True, "choices": []}
                known["parameters"].setdefault("watch", choice)["choices"].append(one["watch"])
    return list(found.values())


def _head(session: Session, text: str) -> None:
    session.out.line()
    session.out.line(Styled(text, "bold"))


def _tell(session: Session, detail: dict[str, Any]) -> None:
    hello = _part(detail, "hello")
    seen = ago(detail.get("last_seen"), session.now_ms)
    session.out.line(Styled(str(detail.get("name")), "bold"), "  ", status_cell(detail), f", seen {seen} ago")
    uname, system = _part(hello, "uname"), _part(hello, "os")
    boot_ms = hello.get("boot_time_ms")
    up = span((session.now_ms - boot_ms) / 1000) if isinstance(boot_ms, (int, float)) and boot_ms > 0 else ""
    kernel = " ".join(str(uname[key]) for key in ("sysname", "release", "machine") if uname.get(key))
    failed = [one for one in detail.get("meters", []) if one.get("outcome") in {"failed", "timeout"}]
    rows: list[tuple[str, Cell]] = [
        ("id", str(detail.get("id"))),
        ("system", str(system.get("title") or system.get("pretty_name") or system.get("name") or "")),
        ("kernel", kernel),
        ("up for", up),
        ("agent", f"{detail.get('version')}, every {detail.get('interval'):g}s"),
        ("runs as", str(_part(hello, "user").get("name") or "")),
        ("tags", ", ".join(map(str, detail.get("tags") or []))),
        ("enrolled", local(detail.get("enrolled"))),
        ("twin of", str(detail.get("twin_of") or "")),
        ("failing meters", Styled(", ".join(str(one.get("meter")) for one in failed), "warn")),
    ]
    session.out.pairs(rows, "  ")


def _tell_actions(session: Session, actions: list[dict[str, Any]]) -> None:
    _head(session, "may be asked")
    if not actions:
        session.out.line("  ", Styled("nothing: agent.toml there permits no action ([policy] allow)", "dim"))
        return
    rows: list[list[Cell]] = []
    for one in actions:
        parameters = _part(one, "parameters")
        takes = " ".join(_takes(name, what) for name, what in parameters.items() if isinstance(what, dict))
        danger = str(one.get("danger") or "")
        rows.append(
            [str(one.get("name")), Styled(danger, _DANGERS.get(danger, "dim")), takes, str(one.get("help") or "")]
        )
    heads = (Column("ACTION", 16), Column("DANGER"), Column("TAKES", 16), Column("", 12, spare=1))
    session.out.table(heads, rows, "  ")


def _takes(name: str, parameter: Mapping[str, Any]) -> str:
    text = f"{name}={shape(parameter)}"
    return text if parameter.get("required") else f"[{text}]"


def _part(said: Any, name: str) -> dict[str, Any]:
    part = said.get(name) if isinstance(said, dict) else None
    return part if isinstance(part, dict) else {}
