"""The shape of an action: something that may be asked of this machine, if its own file permits it.

An action is planned and run by the machine's side alone: a command brings a name and typed arguments, never a command
line. What runs it judges permission, rate and arguments before, and gives it its time and isolation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from wakeful_agent.config.parameter import Parameter, check_arguments
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.options import Option

__all__ = [
    "CHANGES",
    "DANGERS",
    "DESTROYS",
    "NONE",
    "TIMEOUT_SECONDS",
    "Action",
    "Outcome",
    "Parameter",
    "check_arguments",
]

NONE, CHANGES, DESTROYS = "none", "changes", "destroys"
DANGERS = (NONE, CHANGES, DESTROYS)
"""How much an action can hurt, on the collector's own scale: nothing, what can be changed back, what cannot."""

TIMEOUT_SECONDS = 60.0


class Outcome(NamedTuple):
    """How something that was tried ended: whether it was done, in a sentence, and what there is to know beside it."""

    done: bool
    summary: str
    data: Mapping[str, Any] = {}


def _nobody(_kind: str, _subject: str, _data: Mapping[str, Any]) -> None:
    """Tell nobody."""


class Action(ABC):
    """The shape of an action; subclass it, set the names, write `run`.

    `options` are set in agent.toml, below `[policy.NAME]`: what bounds the action here, and never the collector's word.
    """

    name: str = ""
    danger: str = CHANGES
    help: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS
    options: tuple[Option, ...] = ()

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        given = options or {}
        self.tell: Callable[[str, str, Mapping[str, Any]], object] = _nobody
        """Tells an event (kind, subject, data) while it runs, from whatever thread."""
        self.chosen = {option.name: given.get(option.name, option.default) for option in self.options}
        self.parameters: tuple[Parameter, ...] = self.takes()

    def takes(self) -> tuple[Parameter, ...]:
        """Return its parameters, once `chosen` holds its options."""
        return ()

    def lacks(self) -> str:
        """Return what agent.toml must say before this can be asked at all; empty when nothing is missing."""
        return ""

    def commands(self) -> Sequence[Sequence[str]]:
        """Return the exact commands that it runs as root, as far as they are known; raise HostError for bad names."""
        return ()

    def ends_agent(self, host: Host, arguments: Mapping[str, Any]) -> bool:
        """Tell whether the agent itself ends when it succeeds: that it begins again is the success then."""
        return False

    def document(self) -> dict[str, Any]:
        """Return the form it is announced in: `{"name", "danger", "help", "timeout_seconds", "parameters"}`."""
        return {
            "name": self.name,
            "danger": self.danger,
            "help": self.help,
            "timeout_seconds": self.timeout_seconds,
            "parameters": {parameter.name: parameter.document() for parameter in self.parameters},
        }

    def plan(self, arguments: Mapping[str, Any]) -> str:
        """Return what it would do with checked arguments, in a sentence, without doing anything."""
        told = ", ".join(f"{name} {value!r}" for name, value in arguments.items())
        return f"{self.name}{f' with {told}' if told else ''}"

    @abstractmethod
    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Do it, with checked arguments; raise HostError (or return what was not done) when it cannot be done."""
