"""Three machines join by a pasted line each, and have charts."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from .machine import OwnMachine
from .telling import Check
from .waiting import until

if TYPE_CHECKING:
    from .machine import Machine
    from .world import World

CHART_SECONDS = 60
METRIC = "system.load_average.1m"


class Enrolment:
    """The collector prints a line; it is pasted on a machine; the machine has a chart."""

    title = "Three machines join"

    def tell(self, world: World) -> list[Check]:
        """Let every machine join, and look at each one's first chart."""
        checks = [self._join(world, machine) for machine in world.machines.values()]
        listed = world.collector.api("GET", "/hosts")["hosts"]
        names = sorted(one["name"] for one in listed)
        world.pages.append(("every machine", f"{world.collector.url}/"))
        return [*checks, Check("the list names them all", ", ".join(names), names == sorted(world.machines))]

    def _join(self, world: World, machine: Machine) -> Check:
        begun = time.monotonic()
        line = invite_line(world, machine)
        world.say(f"  on {machine.name} somebody pastes:  {_shown(line)}")
        machine.join(line, world.collector)
        joined = time.monotonic() - begun
        values = until(lambda: _chart(world, machine), f"a chart of {machine.name}", CHART_SECONDS)
        seconds = time.monotonic() - begun
        world.pages.append((machine.name, f"{world.collector.url}/hosts/{machine.host_id}"))
        seen = f"first push after {joined:.0f} s, {values} values to draw after {seconds:.0f} s"
        return Check(f"{machine.name} has a chart ({machine.label})", seen, values >= 2)


def invite_line(world: World, machine: Machine) -> str:
    """Return the line that the collector prints for such a machine."""
    made = world.collector.admin("invite", "--tag", "story")
    pattern = r"^curl .*$" if isinstance(machine, OwnMachine) else r"wakeful-agent enroll .*$"
    found = re.search(pattern, made.stdout + made.stderr, re.MULTILINE)
    assert found is not None, made.stdout + made.stderr
    return found[0]


def _chart(world: World, machine: Machine) -> int:
    path = f"/hosts/{machine.host_id}/series?name={METRIC}&from=-2m&to=now&points=120"
    found: Any = world.collector.api("GET", path)
    values = [value for column in found["columns"] for value in column["values"] if value is not None]
    return len(values) if len(values) >= 2 else 0


def _shown(line: str) -> str:
    """Return the line as it is told: an invite is a secret, and a line is no longer than a terminal."""
    hidden = re.sub(r"wk_inv_[\w-]+", "wk_inv_...", line)
    return hidden if len(hidden) <= 90 else hidden[:87] + "..."
