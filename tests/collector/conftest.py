"""What the collector's tests share: a data folder with both databases, settings for it, and machines that push."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.config import Settings
from wakeful_collector.enrolment import enroll, new_invite
from wakeful_collector.ingest.door import Door
from wakeful_collector.read import hosts
from wakeful_collector.store import database
from wakeful_collector.store.changes import changing
from wakeful_collector.store.invites import add_invite
from wakeful_wire.enroll import EnrollRequest
from wakeful_wire.schema import parse_series, schema_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW_MS = 1_795_000_000_000
"""The time it is in tests: November 2026."""

SERIES: list[list[Any]] = [
    ["system.cpu.utilization", {}],
    ["system.cpu.time", {"cpu": "0", "mode": "user"}],
    ["system.cpu.time", {"cpu": "0", "mode": "idle"}],
    ["system.memory.limit", {}],
]
"""What a test's machine measures when nothing else is said."""


@pytest.fixture(scope="session")
def blank_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as it is made, to be copied: making one anew costs each test a tenth of a second."""
    folder = tmp_path_factory.mktemp("blank") / "data"
    database.create(folder)
    return folder


@pytest.fixture
def data(tmp_path: Path, blank_data: Path) -> Path:
    """A data folder with both databases, empty."""
    return Path(shutil.copytree(blank_data, tmp_path / "data"))


@pytest.fixture
def settings(data: Path) -> Settings:
    """The default settings for that folder."""
    return Settings(data=data)


@pytest.fixture
def now_ms() -> int:
    """The time it is."""
    return NOW_MS


@dataclass
class Machine:
    """An enrolled machine that pushes through the real door."""

    id: str
    token: str
    data: Path
    door: Door
    sequence: int = 0

    def push(self, ticks: list[list[Any]], now_ms: int, series: list[list[Any]] | None = None, **more: Any) -> Any:
        """Push rows of [time in ms, values] and whatever else a push may hold; return the answer, which must be 200."""
        listed = SERIES if series is None else series
        schema = schema_hash(parse_series(listed))
        body = {"wire": 1, "run": f"run-{self.id}", "sequence": self.sequence, "schema": schema, "series": listed}
        self.sequence += 1
        agent = self.door.authenticate(f"Bearer {self.token}", now_ms)
        reply = self.door.take(agent, json.dumps({**body, "ticks": ticks, **more}).encode(), "", now_ms)  # type: ignore[arg-type]  # a refusal fails below
        assert reply.status == 200, reply
        return json.loads(reply.body)

    @property
    def key(self) -> int:
        """The key of its rows."""
        found = hosts.host(self.data, self.id)
        assert found is not None
        return found.key


@pytest.fixture
def machine(data: Path, now_ms: int) -> Iterator[Callable[..., Machine]]:
    """Enrol machines: `machine("web-1", tags=["prod"])`."""
    door = Door(data)

    def make(name: str = "web-1", tags: list[str] | None = None, at_ms: int = now_ms) -> Machine:
        secret, digest = new_invite()
        with changing(data) as connection:
            add_invite(connection, digest, at_ms + 1000, 1, tags or [], "local:test", at_ms)
        key = base64.b64encode(bytes(32)).decode()
        answer = enroll(data, EnrollRequest(secret, name, "machine", "0.1.0", key), "192.0.2.7", at_ms)
        return Machine(answer.agent_id, answer.token, data, door)

    yield make
    door.close()
