"""What a game server says of itself when its status is asked."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple


class Status(NamedTuple):
    """One game server; numbers are None and texts empty where it does not tell. `seconds` is its time to answer."""

    name: str = ""
    game: str = ""
    map: str = ""
    version: str = ""
    players: int | None = None
    limit: int | None = None
    bots: int | None = None
    seconds: float = 0.0
