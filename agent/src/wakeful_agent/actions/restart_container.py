"""Restarts a container that agent.toml names, by the engine's own socket."""

from __future__ import annotations

from wakeful_agent.action import Action, Outcome, Parameter
from wakeful_agent.host.errors import Absent
from wakeful_agent.network.engine import Engine
from wakeful_agent.options import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

SOCKETS = ("run/docker.sock", "run/podman/podman.sock")


class RestartContainer(Action):
    """Asks docker or podman to restart one of the containers of `[policy.restart_container]`."""

    name = "restart_container"
    help = "Restarts a container of docker or podman"
    timeout_seconds = 120.0
    options = (
        Option("containers", [], 'the containers that may be restarted, such as ["web"]', local=True),
        Option("socket", "", "the engine's socket; that of docker, else that of podman, if empty", local=True),
    )

    def takes(self) -> tuple[Parameter, ...]:
        """Return the one parameter: which of the containers."""
        return (Parameter("container", "choice", "which container", choices=tuple(self.chosen["containers"])),)

    def lacks(self) -> str:
        """Say that no containers are named."""
        return "" if self.chosen["containers"] else 'containers must name at least one, such as containers = ["web"]'

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Restart it; raise HostError with what the engine said."""
        path = str(self.chosen["socket"]) or next((host.path(one) for one in SOCKETS if host.exists(one)), "")
        if not path:
            raise Absent("no engine's socket is here: name it in [policy.restart_container] socket")
        name = str(arguments["container"])
        Engine(path.rpartition("/")[2], path).restart(name, self.timeout_seconds)
        return Outcome(True, f"the container {name} was restarted")
