"""What of each host needs a look beside its figures: incidents, troubles that stand, meters that fail or hang."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.model import incident as shapes
from wakeful_collector.model.trouble import Trouble
from wakeful_collector.store import agents, database, incidents, standing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.incident import Incident

METERS_NAMED = 3
_SAID = {shapes.WATCH: "is down", shapes.BLIND: "cannot be watched"}


def troubles(data: Path, host_key: int | None = None) -> dict[int, list[Trouble]]:
    """Return the troubles of every host that has some, or of one, the bad first; texts hold hostile names.

    A meter whose target is down is not named a second time.
    """
    with database.translated():
        stood = standing.troubles(database.reader(data, "samples"), host_key)
        failed = agents.failed_meters(database.reader(data, "state"), host_key)
        going_on = incidents.going_on(database.reader(data, "state"))
    found: dict[int, list[Trouble]] = {}
    for incident in going_on:
        if incident.state == shapes.OPEN and incident.kind in _SAID and host_key in (None, incident.host_key):
            found.setdefault(incident.host_key, []).append(_incident(incident))
    for host, some in stood.items():
        found.setdefault(host, []).extend(Trouble(*map(str, one)) for one in some)
    meters: dict[int, list[str]] = {}
    for host, meter in failed:
        if not any(meter.startswith(one.metric.split(".")[0]) for one in found.get(host, ()) if one.kind == "down"):
            meters.setdefault(host, []).append(meter)
    for host, names in meters.items():
        found.setdefault(host, []).append(Trouble("meter", "warn", _meters(names)))
    return found


def _incident(one: Incident) -> Trouble:
    """Return what is said of an incident; one that somebody has taken on is no longer the worst there is."""
    taken = f", {one.acknowledged_by.partition(':')[2] or one.acknowledged_by} is at it"
    severity = "bad" if one.acknowledged_ms is None else "warn"
    return Trouble("incident", severity, f"{one.subject} {_SAID[one.kind]}{'' if severity == 'bad' else taken}")


def _meters(names: list[str]) -> str:
    if len(names) == 1:
        return f"Meter {names[0]} does not come through"
    rest = ", ..." if len(names) > METERS_NAMED else ""
    return f"{len(names)} meters do not come through: {', '.join(names[:METERS_NAMED])}{rest}"
