"""How what was seen of clusters stands in a terminal: states, what is not whole, and rows of things that run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.moments import ago
from wakeful_collector.remote.table import Cell, Styled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.remote.session import Session

Record = dict[str, Any]

_STYLES = {
    **dict.fromkeys(("running", "online", "available", "active", "OK", "ok"), "good"),
    **dict.fromkeys(("stopped", "gone"), "dim"),
    **dict.fromkeys(("paused", "suspended", "prelaunch", "unknown"), "warn"),
    **dict.fromkeys(("offline", "failed", "unavailable", "inactive"), "bad"),
}
_AREAS = {
    "not_permitted": "not permitted",
    "partial": "only in part permitted",
    "failed": "could not be read",
    "stale": "not up to date",
}


def state_cell(one: Mapping[str, Any]) -> Cell:
    """Return the state of a guest, node or storage; of one that is not known now, what it was last."""
    if one.get("gone"):
        return Styled("gone", "dim")
    state = str(one.get("status") or "unknown")
    last = str(one.get("known_status") or "")
    shown = f"{state} (was {last})" if state == "unknown" and last not in {"", "unknown"} else state
    lock = f" [{one['lock']}]" if one.get("lock") else ""
    return Styled(f"{shown}{lock}", "warn" if lock else _STYLES.get(state, ""))


def task_cell(status: object, is_running: bool) -> Cell:
    """Return how a task ended, or that it runs."""
    if is_running:
        return Styled("running", "warn")
    text = str(status or "unknown")
    return Styled(text, "good" if text == "OK" else "warn" if text.startswith("WARNINGS") else "bad")


def areas(session: Session, found: Mapping[str, Any]) -> None:
    """Say on standard error what is missing in an answer, and why: what is not permitted never looks like nothing."""
    for one in found.get("areas") or []:
        if not isinstance(one, dict) or str(one.get("state")) not in _AREAS:
            continue
        where = f"{one.get('cluster')}: " if one.get("cluster") else ""
        why = f": {one['reason']}" if one.get("reason") else ""
        seen = f", seen {ago(one.get('seen'), session.now_ms)} ago" if one.get("seen") else ""
        session.err.line(Styled(f"{where}{one.get('name')} {_AREAS[str(one['state'])]}{why}{seen}", "warn"))


def value(found: object) -> str:
    """Return a value of a configuration as it is written; what was not set says so."""
    return "(not set)" if found is None else '""' if found == "" else str(found)
