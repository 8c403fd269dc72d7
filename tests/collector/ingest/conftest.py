"""What the tests of the push door share: a host's token, and pushes to send with it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.ingest.door import Door
from wakeful_wire.schema import parse_series, schema_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wakeful_collector.ingest.answers import Reply

SERIES: list[list[Any]] = [["system.cpu.utilization", {}], ["system.memory.usage", {"state": "used"}]]


@pytest.fixture
def door(data: Path) -> Iterator[Door]:
    """A door of its own, closed at the end."""
    opened = Door(data)
    yield opened
    opened.close()


@dataclass
class Pusher:
    """Sends pushes of one host as bytes."""

    door: Door
    token: str
    key: int
    id: str
    series: list[list[Any]] = field(default_factory=lambda: SERIES)

    def document(self, sequence: int, ticks: list[Any], **more: Any) -> dict[str, Any]:
        """Return a push."""
        schema = schema_hash(parse_series(self.series))
        return {"wire": 1, "run": "run-00001", "sequence": sequence, "schema": schema, "ticks": ticks, **more}

    def send(self, document: Any, now_ms: int) -> Reply:
        """Send a document."""
        return self.send_bytes(gzip.compress(json.dumps(document).encode()), "gzip", now_ms)

    def send_bytes(self, body: bytes, encoding: str, now_ms: int) -> Reply:
        """Send bytes."""
        agent = self.door.authenticate(f"Bearer {self.token}", now_ms)
        return self.door.take(agent, body, encoding, now_ms)  # type: ignore[arg-type]  # a refusal fails the test


@pytest.fixture
def pusher(door: Door, machine: Callable[..., Any], now_ms: int) -> Pusher:
    """A host whose series list is known already."""
    enrolled = machine("web-1")
    pusher = Pusher(door, enrolled.token, enrolled.key, enrolled.id)
    first = pusher.document(0, [[now_ms - 60_000, [0.5, 100]]], series=SERIES, hello={"name": "web-1", "version": "1"})
    assert pusher.send(first, now_ms - 60_000).status == 200
    return pusher
