"""A service of OpenRC: restarted when it crashed or could not be started, left alone when a person stopped it."""

from __future__ import annotations

import re

from wakeful_agent.action import Outcome
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label
from wakeful_agent.host.units import restart, service_command
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, STARTING, STOPPED, UNKNOWN, UP, Sight
from wakeful_agent.watches.looked import INTERVAL, Looked
from wakeful_agent.watches.process import OPTIONS, find, wanted_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.host.command import Output
    from wakeful_agent.host.files import Host

STATUS_SECONDS = 8.0
FAILED = "run/openrc/failed"
_STATUS = re.compile(r"status: ([a-z]+)")
_CODES = {0: "started", 3: "stopped", 4: "stopping", 8: "starting", 16: "inactive", 32: "crashed"}


def judge(output: Output, failed: bool) -> Sight:
    """Return what `rc-service NAME status` says; `failed` is OpenRC's mark that it could not be started.

    Raises HostError when it says nothing of a state. Source: openrc-run(8), whose scripts may say it in their own words
    and then mean it by the exit code.
    """
    told = f"{output.out}\n{output.err}"
    if "does not exist" in told:
        return Sight(UNKNOWN, "there is no such service", {"trouble": "not-found"})
    found = _STATUS.search(told)
    status = found.group(1) if found else _CODES.get(output.code, "")
    if status == "started":
        return Sight(UP, status)
    if status in ("starting", "inactive"):
        return Sight(STARTING, status)
    if status == "crashed":
        return Sight(DOWN, "it crashed")
    if status == "stopped":
        return Sight(DOWN, "it could not be started") if failed else Sight(STOPPED, "it is stopped")
    if status == "stopping":
        return Sight(UNKNOWN, "it is being stopped")
    raise HostError(f"rc-service ended with {output.code}: {label(' '.join(told.split()), 300)}")


def commands_of(service: str) -> tuple[list[str], list[str], list[str]]:
    """Return what restarts a service, what makes OpenRC forget that it is started, and what starts it."""
    again = service_command(service)
    return again, [*again[:2], "zap"], [*again[:2], "start"]


class ServiceWatch(Looked):
    """Asks rc-service for the service's state, and has it restarted.

    Where the system's start-stop-daemon is not OpenRC's own (Debian, Devuan), OpenRC goes on calling a service started
    whose process is gone: there the process must be named too.
    """

    kind = "service"
    acts = True
    options = (Option("service", "", "the service, such as nginx", local=True), *OPTIONS, INTERVAL)
    required = ("service",)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the service's name."""
        try:
            service_command(str(options.get("service", "")))
        except HostError as error:
            return [f"service {error}"] if options.get("service") else []
        return []

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return the service."""
        return str(options.get("service", ""))

    @classmethod
    def commands(cls, options: Mapping[str, Any]) -> Sequence[Sequence[str]]:
        """Return what it runs as root."""
        return commands_of(str(options["service"]))

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return how the service stands."""
        service = str(self.chosen["service"])
        output = host.run(["rc-service", "--nocolor", service, "status"], STATUS_SECONDS)
        sight = judge(output, host.exists(f"{FAILED}/{service}"))
        wanted = wanted_of(self.chosen)
        if sight.state != UP or not any(wanted):
            return sight
        found = find(host, wanted)
        return Sight(DOWN, f"OpenRC calls it started, but {found}") if isinstance(found, str) else sight

    def repair(self, host: Host, now_ms: int) -> Outcome:
        """Restart it; where that fails because there is nothing left to stop, forget it and start it."""
        again, zap, start = commands_of(str(self.chosen["service"]))
        seconds = self.repair_seconds / 3
        try:
            return Outcome(True, restart(host, again, seconds))
        except HostError as error:
            if self.look(host, now_ms).state == UP:
                raise
            restart(host, zap, seconds)
            return Outcome(True, f"{restart(host, start, seconds)}, after {label(str(error), 200)}")
