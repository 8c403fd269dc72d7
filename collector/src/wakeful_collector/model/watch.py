"""What a host says of its watches and game servers in the inventories `watches` and `pterodactyl`. Pure.

The documents are hostile: what is not shaped as agents shape it is passed over or cut, never raised on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WATCHES = "watches"
SERVERS = "pterodactyl"
PER_HOST_MAX = 500
NAME_CHARACTERS_MAX = 256
TEXT_CHARACTERS_MAX = 1_024
TIME_MS_MAX = 4_102_444_800_000
TAIL_LINES_MAX = 200
LINKS_MAX = 16
FIELDS_MAX = 32


@dataclass(frozen=True, slots=True)
class Watch:
    """Something that an agent keeps alive, as it said last; times are milliseconds since the epoch.

    `attempts` were made `of` so many; a pause lasts `until_ms`, None without an end; `incident` is the id of what its
    events tell now, empty when nothing is wrong.
    """

    name: str
    kind: str
    state: str
    phase: str
    since_ms: int | None
    attempts: int
    of: int
    next_ms: int | None
    detail: str
    paused: bool
    until_ms: int | None
    dry_run: bool
    flapping: bool
    incident: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A shared terminal that a console named: how it may be shown, and the whole of it, sealed."""

    kind: str
    shown: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Server:
    """A Pterodactyl server as its watch said last."""

    watch: str
    server: str
    name: str
    node: str
    state: str
    resources: dict[str, float | str]
    console_tail: tuple[str, ...]
    links: tuple[Link, ...]


def watches(document: Any) -> list[Watch]:
    """Return the watches of an inventory; those without a name are passed over."""
    return [
        Watch(
            name=_name(one, "name"),
            kind=_name(one, "kind"),
            state=_name(one, "state"),
            phase=_name(one, "phase"),
            since_ms=_time_ms(one.get("since_ms")),
            attempts=_whole(one.get("attempts")),
            of=_whole(one.get("of")),
            next_ms=_time_ms(one.get("next_ms")),
            detail=_text(one.get("detail"), TEXT_CHARACTERS_MAX),
            paused=bool(one.get("paused")),
            until_ms=_time_ms(one.get("until_ms")),
            dry_run=one.get("dry_run") is True,
            flapping=one.get("flapping") is True,
            incident=_name(one, "incident"),
            data=one["data"] if isinstance(one.get("data"), dict) else {},
        )
        for one in _objects(document)
        if _name(one, "name")
    ]


def servers(document: Any) -> list[Server]:
    """Return the servers of an inventory; those without a watch or an id are passed over."""
    return [
        Server(
            watch=_name(one, "watch"),
            server=_name(one, "server"),
            name=_name(one, "name"),
            node=_name(one, "node"),
            state=_name(one, "state"),
            resources=_resources(one.get("resources")),
            console_tail=_lines(one.get("console_tail")),
            links=_links(one.get("links")),
        )
        for one in _objects(document)
        if _name(one, "watch") and _name(one, "server")
    ]


def without_sealed(document: Any) -> Any:
    """Return the servers' document as everybody may read it: without what only the collector can open."""
    if not isinstance(document, list):
        return document
    return [_without_sealed(one) for one in document]


def _without_sealed(server: Any) -> Any:
    if not isinstance(server, dict) or not isinstance(server.get("links"), list):
        return server
    shown = [{"kind": one.kind, "url": one.shown} for one in _links(server["links"])]
    return {**server, "links": shown}


def _objects(document: Any) -> list[dict[str, Any]]:
    listed = document if isinstance(document, list) else []
    return [one for one in listed[:PER_HOST_MAX] if isinstance(one, dict)]


def _links(listed: Any) -> tuple[Link, ...]:
    return tuple(
        Link(_name(one, "kind"), _name(one, "url"), _text(one.get("sealed"), 4_096)) for one in _objects(listed)
    )[:LINKS_MAX]


def _resources(said: Any) -> dict[str, float | str]:
    given = list(said.items())[:FIELDS_MAX] if isinstance(said, dict) else []
    return {
        key[:64]: value[:NAME_CHARACTERS_MAX] if isinstance(value, str) else value
        for key, value in given
        if isinstance(value, str)
        or (isinstance(value, (int, float)) and not isinstance(value, bool) and _is_sane(value))
    }


def _is_sane(value: float) -> bool:
    """Tell whether a number can be reckoned with: JSON's have no bound."""
    return abs(value) < 2**63


def _lines(said: Any) -> tuple[str, ...]:
    listed = said if isinstance(said, list) else str(said).splitlines() if isinstance(said, str) else []
    return tuple(_text(line, TEXT_CHARACTERS_MAX) for line in listed[-TAIL_LINES_MAX:])


def _name(one: dict[str, Any], key: str) -> str:
    return _text(one.get(key), NAME_CHARACTERS_MAX)


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0


def _time_ms(value: Any) -> int | None:
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= TIME_MS_MAX
    return int(value) if fits else None
