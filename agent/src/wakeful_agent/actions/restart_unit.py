"""Restarts a unit of systemd that agent.toml names."""

from __future__ import annotations

from wakeful_agent.action import Action, Outcome, Parameter
from wakeful_agent.host.units import own_unit, restart, unit_command, whole_name
from wakeful_agent.options import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.host.files import Host


class RestartUnit(Action):
    """`systemctl restart UNIT`, as root, for the units of `[policy.restart_unit]`."""

    name = "restart_unit"
    help = "Restarts a unit of systemd"
    timeout_seconds = 120.0
    options = (Option("units", [], 'the units that may be restarted, such as ["nginx.service"]', local=True),)

    def takes(self) -> tuple[Parameter, ...]:
        """Return the one parameter: which of the units."""
        return (Parameter("unit", "choice", "which unit", choices=tuple(self.chosen["units"])),)

    def lacks(self) -> str:
        """Say that no units are named."""
        return "" if self.chosen["units"] else 'units must name at least one, such as units = ["nginx.service"]'

    def commands(self) -> Sequence[Sequence[str]]:
        """Return what must be permitted to be run as root."""
        return [unit_command(unit) for unit in self.chosen["units"]]

    def ends_agent(self, host: Host, arguments: Mapping[str, Any]) -> bool:
        """Tell whether it is the agent's own unit."""
        return whole_name(arguments["unit"]) == own_unit(host)

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Restart it; raise HostError with what systemctl said."""
        return Outcome(True, restart(host, unit_command(arguments["unit"]), self.timeout_seconds))
