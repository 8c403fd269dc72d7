"""Looking at a guest just before something is done to it: where it is, whether it runs, its lock and configuration.

The list of a cluster lags behind by up to 20 seconds, so it only says on which node to ask.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from wakeful_collector.integrations.proxmox.acting.deeds import LXC, QEMU, Target, mark
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.model.story import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_CHARACTERS_MAX = 255
WORD_CHARACTERS_MAX = 64
PAUSED = frozenset({"paused", "suspended", "prelaunch", "inmigrate", "io-error"})


class Api(Protocol):
    """What is asked of a cluster here: link.client.Client, or something that finds the newest one."""

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands there."""

    def post(self, path: str, **form: Any) -> Any:
        """Do it."""

    def put(self, path: str, **form: Any) -> Any:
        """Change it."""

    def delete(self, path: str, **query: Any) -> Any:
        """Delete it."""


def look(api: Api, vmid: int, hint: tuple[str, str] | None = None, with_snapshots: bool = False) -> Target | None:
    """Return a guest as it is now, None when the cluster lists none of that id; `hint` is the kind and node it had.

    Raises:
        PveError: it cannot be looked at; what may not be seen is not taken for absent.
    """
    if hint is not None and all(hint):
        try:
            return _at(api, vmid, *hint, with_snapshots)
        except PveError as error:
            if error.kind not in {"missing", "node_unreachable"}:  # moved, or its node was taken out
                raise
    place = where(api, vmid)
    return None if place is None else _at(api, vmid, *place, with_snapshots)


def where(api: Api, vmid: int) -> tuple[str, str] | None:
    """Return kind and node of a guest by the cluster's list, None when it lists none. Raises PveError."""
    for row in _rows(api.get("/cluster/resources", type="vm")):
        if row.get("vmid") == vmid and row.get("type") in {QEMU, LXC} and isinstance(row.get("node"), str):
            return row["type"], row["node"]
    return None


def next_id(api: Api) -> int:
    """Return an id that no guest has now; it is not reserved. Raises PveError."""
    found = api.get("/cluster/nextid")
    try:
        return int(found)
    except (TypeError, ValueError):
        raise PveError("garbled", f"the next free id is {found!r}", path="/cluster/nextid") from None


def status(api: Api, target: Target) -> Target:
    """Return a guest with the status, lock and HA state it has now, where it was. Raises PveError: `missing`, gone."""
    current = _map(api.get(f"{target.path}/status/current"))
    state, lock = _status(current)
    return replace(target, status=state, lock=lock, ha=_ha(current))


def snapshots(api: Api, target: Target) -> tuple[str, ...]:
    """Return the names of a guest's whole snapshots, oldest first. Raises PveError."""
    rows = [row for row in _rows(api.get(f"{target.path}/snapshot")) if row.get("name") != "current"]
    whole = [row for row in rows if not row.get("snapstate")]
    return tuple(
        _word(row.get("name")) for row in sorted(whole, key=lambda row: str(row.get("snaptime", "")).zfill(12))
    )


def _at(api: Api, vmid: int, kind: str, node: str, with_snapshots: bool) -> Target:
    where_ = path("nodes", node, kind, vmid)
    current = _map(api.get(f"{where_}/status/current"))
    config = {str(name): _text(value) for name, value in _map(api.get(f"{where_}/config")).items()}
    digest = config.pop("digest", "")
    state, lock = _status(current)
    name = plain(config.get("name") or config.get("hostname") or _text(current.get("name") or ""), NAME_CHARACTERS_MAX)
    found = Target(
        kind=kind,
        vmid=vmid,
        node=node,
        name=name,
        status=state,
        lock=lock or _word(config.get("lock", "")),
        ha=_ha(current),
        template=config.get("template", "0") == "1",
        tags=tuple(sorted(tag for tag in config.get("tags", "").replace(",", ";").replace(" ", ";").split(";") if tag)),
        mark=mark(kind, config),
        digest=digest,
        config=config,
    )
    return replace(found, snapshots=snapshots(api, found)) if with_snapshots else found


def _status(current: Mapping[str, Any]) -> tuple[str, str]:
    state = _word(current.get("status") or "unknown")
    if state == "running" and current.get("qmpstatus") in PAUSED:
        state = "paused"
    return state, _word(current.get("lock") or "")


def _ha(current: Mapping[str, Any]) -> str:
    """Return what the HA manager is to do with it; one that it was told to ignore is none of its guests."""
    ha = current["ha"] if isinstance(current.get("ha"), dict) else {}
    state = _word(ha.get("state") or "started") if str(ha.get("managed") or "0") == "1" else ""
    return "" if state == "ignored" else state


def _rows(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list):
        raise PveError("garbled", "it answers no list where one belongs")
    return [row for row in found if isinstance(row, dict)]


def _map(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):  # a configuration taken for empty would protect nothing
        raise PveError("garbled", "it answers no object where one belongs")
    return found


def _word(value: Any) -> str:
    """Return a word of the cluster's, which stands in sentences for people: hostile text, bounded."""
    return plain(_text(value), WORD_CHARACTERS_MAX)


def _text(value: Any) -> str:
    return ("1" if value else "0") if isinstance(value, bool) else str(value)
