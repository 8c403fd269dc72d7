"""A container of docker or podman: restarted when it ended with an error or its own check fails."""

from __future__ import annotations

from wakeful_agent.action import Outcome
from wakeful_agent.host.errors import Absent
from wakeful_agent.network.engine import Engine
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, HELD, STARTING, STOPPED, UNKNOWN, UP, Sight
from wakeful_agent.watches.looked import INTERVAL, TIMEOUT, Looked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.engine import Container

SOCKETS = ("run/docker.sock", "run/podman/podman.sock")
AS_TOLD = (0, 143)
"""How a container ends that was told to (SIGTERM): with 0, or with 128 and the signal's number."""

_OTHERS = {
    "paused": (HELD, "it is paused"),
    "created": (DOWN, "it was never started"),
    "restarting": (DOWN, "it ended, and the engine waits to start it again"),
}


def judge(one: Container | None) -> Sight:
    """Return how a container of the engine's list stands; None is one that is not on it."""
    if one is None:
        return Sight(UNKNOWN, "there is no such container")
    facts = {"image": one.image, "state": one.state}
    if one.state == "running":
        if one.health == "unhealthy":
            return Sight(DOWN, "it runs, and its own check fails", facts)
        return Sight(STARTING if one.health == "starting" else UP, one.health, facts)
    if one.state == "exited" and one.exit_code in AS_TOLD:
        return Sight(STOPPED, f"it was stopped, or ended by itself with {one.exit_code}", facts)
    if one.state in ("exited", "dead"):
        return Sight(DOWN, f"it ended with {one.exit_code}", {**facts, "exit_code": one.exit_code})
    return Sight(*_OTHERS.get(one.state, (UNKNOWN, f"it is {one.state}")), facts)


def find(listed: Sequence[Container], wanted: str) -> Container | None:
    """Return the container of this name, or whose id begins so."""
    named = [one for one in listed if one.name == wanted]
    begun = [one for one in listed if len(wanted) >= 12 and one.id.startswith(wanted)]
    return next(iter([*named, *begun]), None)


class ContainerWatch(Looked):
    """Asks the engine for the container's state, and has it restarted."""

    kind = "container"
    acts = True
    options = (
        Option("container", "", "the container's name", local=True),
        Option("socket", "", "the engine's socket; that of docker, else that of podman, if empty", local=True),
        TIMEOUT,
        INTERVAL,
    )
    required = ("container",)

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return the container, and the engine where one is named."""
        return f"{options.get('container', '')} {options.get('socket', '')}".strip()

    def engine(self, host: Host) -> Engine:
        """Return the engine; raise Absent when there is none."""
        path = str(self.chosen["socket"]) or next((host.path(one) for one in SOCKETS if host.exists(one)), "")
        if not path:
            raise Absent("no engine's socket is here: name it as socket")
        return Engine(path.rpartition("/")[2], path)

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return how the container stands."""
        return judge(find(self.engine(host).containers(self.timeout_seconds), str(self.chosen["container"])))

    def repair(self, host: Host, now_ms: int) -> Outcome:
        """Restart it."""
        name = str(self.chosen["container"])
        self.engine(host).restart(name, self.repair_seconds / 2)
        return Outcome(True, f"the container {name} was restarted")
