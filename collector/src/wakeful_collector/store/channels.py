"""Channels in state.db: where messages go. Addresses and signing secrets are sealed, and never shown again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.channel import Quiet, Wishes
from wakeful_collector.store.cursors import named

if TYPE_CHECKING:
    import sqlite3

CHANNELS_MAX = 100

MIGRATIONS: tuple[tuple[str, str], ...] = (
    (
        "channels",
        """
        CREATE TABLE channels (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            service TEXT NOT NULL,
            shown TEXT NOT NULL,
            sealed TEXT NOT NULL,
            allow_private INTEGER NOT NULL,
            enabled INTEGER NOT NULL,
            wishes TEXT NOT NULL,
            made_ms INTEGER NOT NULL,
            made_by TEXT NOT NULL
        );
        """,
    ),
)

_COLUMNS = (
    "id", "name", "kind", "service", "shown", "sealed", "allow_private", "enabled", "wishes", "made_ms", "made_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel; `sealed` holds its address and secrets, `shown` what of the address may be seen."""

    id: str
    name: str
    kind: str
    service: str
    shown: str
    sealed: str
    made_ms: int
    made_by: str
    allow_private: bool = False
    enabled: bool = True
    wishes: Wishes = field(default_factory=Wishes)


def keep(connection: sqlite3.Connection, channel: Channel) -> None:
    """Write a channel as it is now."""
    values = [getattr(channel, name) for name in _COLUMNS]
    values[_COLUMNS.index("wishes")] = json.dumps(asdict(channel.wishes), ensure_ascii=False)
    connection.execute(
        f"INSERT INTO channels ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - constants of this module
        f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}",
        values,
    )


def remove(connection: sqlite3.Connection, channel_id: str) -> bool:
    """Delete a channel; False when there is none."""
    return connection.execute("DELETE FROM channels WHERE id = ?", (channel_id,)).rowcount == 1


def all_of(connection: sqlite3.Connection) -> list[Channel]:
    """Return every channel by name."""
    return [_channel(row) for row in named(connection, "SELECT * FROM channels ORDER BY name, id")]


def by_id(connection: sqlite3.Connection, channel_id: str) -> Channel | None:
    """Return a channel by its id."""
    row = named(connection, "SELECT * FROM channels WHERE id = ?", (channel_id,)).fetchone()
    return None if row is None else _channel(row)


def _channel(row: sqlite3.Row) -> Channel:
    values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    wishes = json.loads(row["wishes"])
    quiet = wishes.pop("quiet")
    values["wishes"] = Wishes(
        **{name: tuple(some) for name, some in wishes.items()}, quiet=None if quiet is None else Quiet(*quiet)
    )
    values["allow_private"], values["enabled"] = bool(row["allow_private"]), bool(row["enabled"])
    return Channel(**values)
