"""Restarts a service of OpenRC that agent.toml names."""

from __future__ import annotations

import os

from wakeful_agent.action import Action, Outcome, Parameter
from wakeful_agent.host.units import restart, restart_own, service_command
from wakeful_agent.options import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.host.files import Host


class RestartService(Action):
    """`rc-service SERVICE restart`, as root, for the services of `[policy.restart_service]`."""

    name = "restart_service"
    help = "Restarts a service of OpenRC"
    timeout_seconds = 120.0
    options = (Option("services", [], 'the services that may be restarted, such as ["nginx"]', local=True),)

    def takes(self) -> tuple[Parameter, ...]:
        """Return the one parameter: which of the services."""
        return (Parameter("service", "choice", "which service", choices=tuple(self.chosen["services"])),)

    def lacks(self) -> str:
        """Say that no services are named."""
        return "" if self.chosen["services"] else 'services must name at least one, such as services = ["nginx"]'

    def commands(self) -> Sequence[Sequence[str]]:
        """Return what must be permitted to be run as root."""
        return [service_command(service) for service in self.chosen["services"]]

    def ends_agent(self, host: Host, arguments: Mapping[str, Any]) -> bool:
        """Tell whether it is the agent's own service: OpenRC's supervisor names it to what it starts."""
        return bool(arguments["service"] == os.environ.get("RC_SVCNAME"))

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Restart it; raise HostError with what rc-service said."""
        do = restart_own if self.ends_agent(host, arguments) else restart
        return Outcome(True, do(host, service_command(arguments["service"]), self.timeout_seconds))
