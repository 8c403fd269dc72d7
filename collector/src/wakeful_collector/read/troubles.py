"""What of each host needs a look beside its own figures: troubles that stand, and meters that do not come through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.model.trouble import Trouble
from wakeful_collector.store import agents, database, standing

if TYPE_CHECKING:
    from pathlib import Path

METERS_NAMED = 3


def troubles(data: Path, host_key: int | None = None) -> dict[int, list[Trouble]]:
    """Return the troubles of every host that has some, or of one, the bad first; texts hold hostile names.

    A meter whose target is down is not named a second time.
    """
    with database.translated():
        stood = standing.troubles(database.reader(data, "samples"), host_key)
        failed = agents.failed_meters(database.reader(data, "state"), host_key)
    found = {host: [Trouble(*map(str, one)) for one in some] for host, some in stood.items()}
    meters: dict[int, list[str]] = {}
    for host, meter in failed:
        if not any(meter.startswith(one.metric.split(".")[0]) for one in found.get(host, ()) if one.kind == "down"):
            meters.setdefault(host, []).append(meter)
    for host, names in meters.items():
        found.setdefault(host, []).append(Trouble("meter", "warn", _meters(names)))
    return found


def _meters(names: list[str]) -> str:
    if len(names) == 1:
        return f"Meter {names[0]} does not come through"
    rest = ", ..." if len(names) > METERS_NAMED else ""
    return f"{len(names)} meters do not come through: {', '.join(names[:METERS_NAMED])}{rest}"
