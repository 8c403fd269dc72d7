"""What may stand where the cursor is behind `wakeful proxmox`: guests, clusters, nodes, arguments of what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.proxmox import naming
from wakeful_collector.remote.proxmox.doings import DOINGS, ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.remote.session import Session

Record = dict[str, Any]

PLACES = frozenset({"guest", "guests", "cluster", "node", "storage", "deed", "target", "snapshot", "archive"})
"""Names of arguments that something is known for."""

_SETTINGS = {"add": "proxmox.cluster.add", "change": "proxmox.cluster.change", "test-connection": "proxmox.test"}


def values(session: Session, what: str, given: Sequence[str] = ()) -> list[str]:
    """Return what may stand for an argument of that name; raise Failure when the collector does not say."""
    if what in {"guest", "guests"}:
        return _guests(session)
    if what == "cluster":
        return [str(one.get("name")) for one in naming.clusters(session)]
    if what == "snapshot":
        return _snapshots(session, given)
    operation, field, name = {
        "node": ("proxmox.nodes", "nodes", "name"),
        "target": ("proxmox.nodes", "nodes", "name"),
        "storage": ("proxmox.storage", "storages", "name"),
        "deed": ("proxmox.deeds", "deeds", "id"),
    }.get(what, ("", "", ""))
    return [str(one.get(name)) for one in _rows(session, operation, field)] if operation else []


def arguments(session: Session, verb: str, given: Sequence[str], current: str) -> list[str]:
    """Return names of arguments with their `=`, values behind it, or what stands at a place without a name."""
    doing = DOINGS.get(verb)
    operation = doing.operation if doing else _SETTINGS.get(verb, "")
    if not operation:
        return []
    name, sign, _ = current.partition("=")
    shapes = (asking.operation(session, operation).get("arguments") or {}).get("properties") or {}
    if sign:
        shape = shapes.get(name) or {}
        found = shape.get("enum") or (["yes", "no"] if shape.get("type") == "boolean" else values(session, name, given))
        return [f"{name}={one}" for one in found]
    taken = {word.partition("=")[0] for word in given}
    at = _place(doing.places, given[0 if doing.is_new else 1 :]) if doing else ""
    plain = values(session, at, given) if at else []
    names = [one for one in shapes if one not in taken and not (ours(one) if doing else one == "name")]
    return [*plain, *(f"{one}=" for one in names if one not in (doing.places if doing else ()))]


def _place(places: Sequence[str], given: Sequence[str]) -> str:
    """Return the place that a word without a name would stand for."""
    plain = sum("=" not in word for word in given)
    return places[plain] if plain < len(places) else ""


def _guests(session: Session) -> list[str]:
    known = [one for one in _rows(session, "proxmox.guests", "guests") if not one.get("gone")]
    names = [str(one.get("name") or "") for one in known]
    numbers = [str(one.get("vmid")) for one in known]
    plain = [name for name in names if name and names.count(name) == 1]
    whole = [
        number if numbers.count(number) == 1 else f"{one.get('cluster')}/{number}"
        for one, number in zip(known, numbers, strict=True)
    ]
    return [*plain, *whole]


def _snapshots(session: Session, given: Sequence[str]) -> list[str]:
    if not given:
        return []
    try:
        found = naming.guest(session, given[0], None)
    except Failure:
        return []
    whole = asking.result_of(session, "proxmox.guest", naming.subject(found)).get("guest") or {}
    return [str(one.get("name")) for one in whole.get("snapshots") or [] if isinstance(one, dict)]


def _rows(session: Session, operation: str, field: str) -> list[Record]:
    found = asking.result_of(session, operation, {}).get(field)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
