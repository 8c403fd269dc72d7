"""The collector goes away, once as a service manager ends it and once as the power goes; nothing is lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from . import ledger
from .telling import Check
from .waiting import until

if TYPE_CHECKING:
    from .world import World

DRAIN_SECONDS = 90
METRIC = "system.uptime"


class Away:
    """The agents keep what they measure, and hand it over when the collector is back."""

    title = "The collector goes away"

    def tell(self, world: World) -> list[Check]:
        """Stop it and start it, kill it and start it; then count."""
        seconds = 5 if world.short else 20
        began = time.time()
        kept = [self._leave(world, "stopped", world.collector.stop, seconds)]
        kept += [self._leave(world, "killed (-9)", world.collector.kill, seconds)]
        counted = ledger.settled(world, DRAIN_SECONDS)
        aside = ledger.set_aside(world)
        gaps = {machine.name: self._gap(world, machine.host_id, began) for machine in world.machines.values()}
        longest = max(gaps, key=lambda name: gaps[name])
        return [
            *kept,
            Check("every number of every agent is stored, none twice", str(counted), counted.is_whole),
            Check("no agent set anything aside", ", ".join(aside) or "nothing", not aside),
            Check(
                f"no chart has a hole of {seconds} s",
                f"the longest: {gaps[longest]:.1f} s, {longest}",
                gaps[longest] < seconds,
            ),
        ]

    def _leave(self, world: World, how: str, end: Any, seconds: int) -> Check:
        world.say(f"  the collector is {how}; for {seconds} s nobody takes what the agents measure")
        end()
        time.sleep(seconds)
        until(lambda: all(one.waiting() for one in world.machines.values()), "every agent keeps pushes", 30)
        kept = ledger.waiting(world)
        back_ms = time.time() * 1000
        world.collector.start()
        until(lambda: all(at > back_ms for at in ledger.heard_ms(world.collector.data).values()), "all are back", 90)
        counted = ledger.settled(world, DRAIN_SECONDS)
        took = time.time() - back_ms / 1000
        taken = "all taken" if counted.is_whole else "NOT all taken"
        seen = f"{kept} pushes waited on the machines' disks, {taken} {took:.0f} s after its start"
        holds = kept >= len(world.machines) and counted.is_whole
        return Check(f"{how}, it comes back to all of them", seen, holds)

    def _gap(self, world: World, host_id: str, since: float) -> float:
        """Return the longest time without a value in a host's chart, in seconds."""
        path = f"/hosts/{host_id}/series?name={METRIC}&from={since:.0f}&to=now&points=2000"
        found = world.collector.api("GET", path)
        (column,) = found["columns"]
        times = [at for at, value in zip(found["times"], column["values"], strict=True) if value is not None]
        return max(later - earlier for earlier, later in zip(times, times[1:], strict=False))
