"""How all watches stand, as it travels: the inventory `watches`, what kinds add of their own, and the figures."""

from __future__ import annotations

import json

from wakeful_agent.host.text import label
from wakeful_agent.meter import OK, Result
from wakeful_agent.watch import STARTING, UNKNOWN, UP
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.config.orders import WatchSetting
    from wakeful_agent.standing import State
    from wakeful_agent.watch import Sight

NAME = "watches"
DETAIL_CHARACTERS_MAX = 300
DATA_CHARACTERS_MAX = 16_000


class Entry(NamedTuple):
    """One watch: what the file says of it, where it stands, what was seen last, and the row of its kind's own."""

    setting: WatchSetting
    state: State
    sight: Sight
    own: tuple[str, Any] | None = None


def row(entry: Entry) -> dict[str, Any]:
    """Return what the inventory says of a watch; times are ms since the epoch, None where there is none."""
    setting, state, sight, _ = entry
    return {
        "name": setting.name,
        "kind": setting.kind,
        "state": sight.state,
        "phase": state.phase,
        "since_ms": state.changed_ms or None,
        "attempts": len(state.tried_ms),
        "of": setting.attempts,
        "next_ms": state.due_ms or None,
        "detail": label(sight.detail, DETAIL_CHARACTERS_MAX),
        "paused": state.paused,
        "until_ms": state.paused_until_ms or None,
        "dry_run": setting.dry_run,
        "flapping": state.flapping,
        "incident": state.incident,
        "data": fitting(sight.data),
    }


def result(entries: Sequence[Entry]) -> Result:
    """Return everything of them as it goes with a tick."""
    columns, values = [], []
    for setting, state, sight, _ in entries:
        columns.append(series("watch.up", watch=setting.name, kind=setting.kind))
        values.append(None if sight.state == UNKNOWN else float(sight.state in (UP, STARTING)))
        columns.append(series("recovery.attempts", watch=setting.name))
        values.append(float(state.attempts))
    inventories: dict[str, list[Any]] = {NAME: [row(entry) for entry in entries]}
    for entry in entries:
        if entry.own is not None:
            inventories.setdefault(entry.own[0], []).append(entry.own[1])
    return Result(OK, series=columns, values=values, inventories=inventories)


def fitting(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a watch adds to its sight, as far as it is JSON and not too much."""
    try:
        text = json.dumps(dict(data), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return {}
    return dict(data) if len(text) <= DATA_CHARACTERS_MAX else {}
