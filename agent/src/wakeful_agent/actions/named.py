"""Runs a named action of agent.toml: the file's own words, with checked arguments in their places."""

from __future__ import annotations

from itertools import islice, product
from time import monotonic

from wakeful_agent.action import Action, Outcome
from wakeful_agent.config.template import fill
from wakeful_agent.host.text import label
from wakeful_agent.redaction import redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.action import Parameter
    from wakeful_agent.config.orders import ActionSetting
    from wakeful_agent.host.files import Host

OUTPUT_BYTES_MAX = 1024 * 1024
COMMANDS_MAX = 64
LINES_SHOWN = 20
LINE_CHARACTERS_MAX = 300


class NamedAction(Action):
    """One `[[action]]`. What its program writes is the machine's own matter, unless the file says `output = true`."""

    def __init__(self, setting: ActionSetting) -> None:
        self._setting = setting
        self.name = setting.name
        self.danger = setting.danger
        self.help = setting.help
        self.timeout_seconds = setting.timeout_seconds
        super().__init__()

    def takes(self) -> tuple[Parameter, ...]:
        """Return the parameters that the file names."""
        return self._setting.parameters

    def commands(self) -> Sequence[Sequence[str]]:
        """Return its command line for all arguments there can be; none where a text or a number is among them."""
        if not self._setting.as_root or any(one.kind in {"text", "number"} for one in self.parameters):
            return ()
        ranges = [one.choices if one.kind == "choice" else (True, False) for one in self.parameters]
        names = [one.name for one in self.parameters]
        every = (dict(zip(names, values)) for values in islice(product(*ranges), COMMANDS_MAX))
        return [fill(self._setting.argv, self.parameters, arguments) for arguments in every]

    def ends_agent(self, host: Host, arguments: Mapping[str, Any]) -> bool:
        """Tell what the file says."""
        return self._setting.ends_agent

    def plan(self, arguments: Mapping[str, Any]) -> str:
        """Return the command line, as far as the file lets it be shown."""
        if not self._setting.output:
            return super().plan(arguments)
        return f"{self.name}: {' '.join(fill(self._setting.argv, self.parameters, arguments))}"

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Run the program; done when it ends with 0. Raises Absent, Denied, Late, HostError."""
        argv = fill(self._setting.argv, self.parameters, arguments)
        begun = monotonic()
        start = host.run_as_root if self._setting.as_root else host.run
        output = start(argv, self.timeout_seconds, OUTPUT_BYTES_MAX)
        data: dict[str, Any] = {"exit_code": output.code, "seconds": round(monotonic() - begun, 3)}
        if self._setting.output:
            data["output"] = tail(f"{output.out}\n{output.err}")
        ended = f"was ended by signal {-output.code}" if output.code < 0 else f"ended with {output.code}"
        return Outcome(output.code == 0, f"{self.name} {ended} after {data['seconds']:g} s", data)


def tail(text: str) -> list[str]:
    """Return the last lines of what a program wrote, fit for the wire, without passwords in addresses."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [label(redact(line), LINE_CHARACTERS_MAX) for line in lines[-LINES_SHOWN:]]
