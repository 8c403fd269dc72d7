"""A push on its way into the store, and where it will belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.commands import NOTHING, Handed
from wakeful_collector.store.samples import HotPush, Verdict, hot_push

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.ingest.reading import Reading
    from wakeful_collector.store.agents import Agent


@dataclass(slots=True)
class Intake:
    """One push that was read: `settled` is called once it is durable (`verdict`) or could not be taken (`error`).

    `handed` are the commands that its answer will carry.
    """

    agent: Agent
    host_key: int
    reading: Reading
    hot: HotPush
    now_ms: int
    packed_bytes: int
    settled: Callable[[Intake], object]
    wants: list[str]
    verdict: Verdict | None = None
    error: Exception | None = None
    handed: Handed = NOTHING

    @property
    def at_ms(self) -> int:
        """Return when the host said it: the time of its last tick, or of its arrival when it has none."""
        return self.hot.to_ms if self.hot.to_ms is not None else self.now_ms

    @property
    def is_first(self) -> bool:
        """Return whether this may be the first push ever heard of the agent."""
        return self.agent.first_push_ms is None

    def belongs_to(self, host_key: int) -> None:
        """Move the push to another host, before it is stored."""
        self.host_key = host_key
        self.hot = self.hot._replace(host=host_key)


def intake(
    agent: Agent, reading: Reading, packed_bytes: int, now_ms: int, settled: Callable[[Intake], object]
) -> Intake:
    """Return the push as it will be stored, packed already."""
    host_key = agent.twin_runs.get(reading.run, agent.key)
    hot = hot_push(host_key, reading.run, reading.sequence, reading.schema, reading.ticks, reading.digest)
    return Intake(agent, host_key, reading, hot, now_ms, packed_bytes, settled, [])
