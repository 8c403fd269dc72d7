"""A unit of systemd: restarted when it failed or ended, left alone when a person stopped it."""

from __future__ import annotations

from wakeful_agent.action import Outcome
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label
from wakeful_agent.host.units import restart, unit_command, whole_name
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, STARTING, STOPPED, UNKNOWN, UP, Sight
from wakeful_agent.watches.looked import INTERVAL, Looked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.host.files import Host

PROPERTIES = "LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,InactiveEnterTimestampMonotonic"
SHOW_SECONDS = 8.0
TERMINATED = "143"
"""How Java and shells end that `systemctl stop` sent SIGTERM: systemd calls that failed (SuccessExitStatus= aside)."""


def judge(shown: Mapping[str, str], ran: bool = False) -> Sight:
    """Return what the properties of `systemctl show` say.

    A unit that ended well is taken as stopped by a person; one that never ran since the machine started is not. `ran`:
    it was seen to run before. Of a unit that nothing refers to systemd forgets that, once it ended well.
    """
    active, sub, result = (shown.get(key, "") for key in ("ActiveState", "SubState", "Result"))
    load = shown.get("LoadState", "")
    facts = {"active": active, "sub": sub, "result": result}
    if load not in ("loaded", ""):
        return Sight(UNKNOWN, f"the unit is {load}", {"trouble": load})
    if active in ("active", "reloading", "refreshing"):
        return Sight(UP, sub, facts)
    if active == "activating":
        if sub.startswith("auto-restart"):
            return Sight(DOWN, f"it ended ({result}), and systemd waits to start it again", facts)
        return Sight(STARTING, sub, facts)
    if active == "failed":
        return _failed(result, shown.get("ExecMainStatus", ""), facts)
    if active == "inactive":
        if not ran and shown.get("InactiveEnterTimestampMonotonic", "0") in ("", "0"):
            return Sight(DOWN, "it was not started", facts)
        return Sight(STOPPED, "it was stopped, or ended by itself without an error", facts)
    return Sight(UNKNOWN, f"it is {active or 'in no state that is known'}", facts)


def _failed(result: str, code: str, facts: Mapping[str, Any]) -> Sight:
    if result == "exit-code" and code == TERMINATED:
        return Sight(STOPPED, f"it was stopped: it ended with {code}, as it was told to", facts)
    return Sight(DOWN, f"it failed: {result}", {**facts, "exit_code": int(code)} if code.isdigit() else facts)


class UnitWatch(Looked):
    """Asks systemctl for the unit's state, and has it restarted."""

    kind = "unit"
    acts = True
    options = (Option("unit", "", "the unit, such as nginx.service", local=True), INTERVAL)
    required = ("unit",)
    _ran = False

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the unit's name."""
        try:
            unit_command(str(options.get("unit", "")))
        except HostError as error:
            return [f"unit {error}"] if options.get("unit") else []
        return []

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return the unit with its suffix."""
        return whole_name(str(options.get("unit", "")))

    @classmethod
    def commands(cls, options: Mapping[str, Any]) -> Sequence[Sequence[str]]:
        """Return what it runs as root."""
        return [unit_command(str(options["unit"]))]

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return how the unit stands."""
        output = host.run(["systemctl", "show", str(self.chosen["unit"]), f"--property={PROPERTIES}"], SHOW_SECONDS)
        if output.code:
            said = label(" ".join((output.err or output.out).split()), 300)
            raise HostError(f"systemctl ended with {output.code}: {said}")
        sight = judge(dict(line.partition("=")[::2] for line in output.out.splitlines()), self._ran)
        self._ran = self._ran or sight.state in (UP, STARTING)
        return sight

    def repair(self, host: Host, now_ms: int) -> Outcome:
        """Restart it."""
        return Outcome(True, restart(host, unit_command(str(self.chosen["unit"])), self.repair_seconds))
