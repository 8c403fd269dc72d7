"""One poll: what `/cluster/resources` and `/cluster/tasks` say, two requests for nearly everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.sync import permitted
from wakeful_collector.integrations.proxmox.sync.listing import Listing, listing, text, whole
from wakeful_collector.model.estate import ABSENT, FAILED, NOT_PERMITTED, SEEN, STALE, Area, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wakeful_collector.integrations.proxmox.link.client import Client

RESOURCES = "/cluster/resources"
TASKS = "/cluster/tasks"
LISTED = ("guests", "nodes", "storages")
"""The areas that a poll sees."""
TASKS_MAX = 5_000
_STATES = {"forbidden": NOT_PERMITTED, "unsupported": ABSENT, "node_unreachable": STALE, "unreachable": STALE}


class Poll(NamedTuple):
    """What a poll says; `areas` how each part was seen."""

    listing: Listing
    tasks: list[Task]
    areas: list[Area]


def poll(client: Client, cluster: str, held: Mapping[str, Mapping[str, int]], now_ms: int) -> Poll:
    """Ask for the resources and tasks of a cluster; `held` is what the login may, empty while it is not known.

    Raises:
        PveError: the resources could not be had; nothing was seen then.
    """
    found = listing(cluster, client.rows(RESOURCES))
    areas = [_seen(name, held, now_ms) for name in LISTED]
    try:
        tasks = tasks_of(client.rows(TASKS))
        areas.append(_seen("tasks", held, now_ms))
    except PveError as error:
        tasks = []
        areas.append(missed("tasks", error, now_ms))
    return Poll(found, tasks, areas)


def tasks_of(rows: Iterable[Any]) -> list[Task]:
    """Return the tasks of a list that are told properly."""
    found: list[Task] = []
    for row in rows:
        upid = text(row.get("upid")) if isinstance(row, dict) else ""
        if upid.startswith("UPID:") and len(found) < TASKS_MAX:
            found.append(_task(upid, row))
    return found


def missed(name: str, error: PveError, now_ms: int) -> Area:
    """Return how an area was seen that could not be: not permitted, not known to this version, away, or failed."""
    return Area(name, _STATES.get(error.kind, FAILED), str(error)[:500], now_ms)


def _task(upid: str, row: dict[str, Any]) -> Task:
    ended = (whole(row.get("endtime")) or 0) * 1000
    user = text(row.get("user"))
    token = text(row.get("tokenid"))
    return Task(
        upid,
        text(row.get("node")),
        text(row.get("type")),
        text(row.get("id")),
        f"{user}!{token}" if token and "!" not in user else user,
        (whole(row.get("starttime")) or 0) * 1000,
        ended,
        text(row.get("status")) if ended else "",
    )


def _seen(name: str, held: Mapping[str, Mapping[str, int]], now_ms: int) -> Area:
    verdict = permitted.verdict(name, held) if held else permitted.Verdict(SEEN, "")
    return Area(name, verdict.state, verdict.reason, now_ms, now_ms)
