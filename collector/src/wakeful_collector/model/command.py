"""A command: one order to one host to run one action, and which of its states may follow which. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

EXPIRES_SECONDS_DEFAULT = 300
EXPIRES_SECONDS_MAX = 43_200
RUNS_MAX = 16
PATIENCE_SECONDS = 900
"""How long after its expiry an answer to a delivered command is waited for: it may have begun at the last moment."""


class CommandState(StrEnum):
    """Where a command stands: asked for, on its way to the agent, or one of the ends."""

    REQUESTED = "requested"
    DELIVERED = "delivered"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OPEN = frozenset({CommandState.REQUESTED, CommandState.DELIVERED})
"""What may still be answered or handed out."""


SET_BACK_SECONDS = 600
"""A command from so far in the future was asked for before the clock was set back: nobody knows how old it is."""


@dataclass(frozen=True, slots=True)
class Command:
    """One order; times are milliseconds since the epoch, None where it has not come to that.

    `principal` asked for it; `runs` are the agent's runs that were handed it, each with the sequence of the push whose
    answer carried it. `data` is what the agent sent of its end and hostile. `answered`: its agent said what became of
    it; `late`: that came after it was held for expired.
    """

    id: str
    host_key: int
    action: str
    arguments: dict[str, Any]
    danger: str
    principal: str
    requested_ms: int
    expires_ms: int
    state: CommandState = CommandState.REQUESTED
    request_key: str | None = None
    delivered_ms: int | None = None
    finished_ms: int | None = None
    answered: bool = False
    late: bool = False
    data: dict[str, Any] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Return whether it has not come to its end."""
        return self.state in OPEN

    @property
    def summary(self) -> str:
        """Return the sentence that the agent, or else the collector, said of its end; empty while there is none."""
        said = self.data.get("summary") or self.data.get("reason") or self.data.get("error") or ""
        return said[:1000] if isinstance(said, str) else ""


def to_hand_out(command: Command, run: str, sequence: int, now_ms: int) -> bool:
    """Tell whether the answer to this push should carry the command.

    Once in each run of the agent; again in the same run only when the push that it was the answer to comes again: then
    that answer was lost. The agent knows by the id what it has run already.
    """
    if not command.is_open or now_ms >= command.expires_ms or _is_of_the_future(command, now_ms):
        return False
    return command.runs.get(run, sequence) == sequence


def runs_with(command: Command, run: str, sequence: int) -> dict[str, int]:
    """Return the runs that were handed the command, once this one was too: the newest `RUNS_MAX`."""
    runs = {**{known: at for known, at in command.runs.items() if known != run}, run: sequence}
    return dict(list(runs.items())[-RUNS_MAX:])


def after_result(command: Command, told: str) -> CommandState | None:
    """Return the state that an agent's result leads to; None where it changes nothing.

    The first result counts. What the collector had only held for expired, because nobody answered, is corrected; what
    was never handed out cannot have a result.
    """
    if command.delivered_ms is None or command.answered:
        return None
    return CommandState(told) if command.state in {CommandState.DELIVERED, CommandState.EXPIRED} else None


def is_over(command: Command, now_ms: int) -> bool:
    """Tell whether an open command has to be held for expired."""
    if command.is_open and _is_of_the_future(command, now_ms):
        return True
    if command.state is CommandState.REQUESTED:
        return now_ms >= command.expires_ms
    return command.state is CommandState.DELIVERED and now_ms >= command.expires_ms + PATIENCE_SECONDS * 1000


def why_expired(command: Command) -> str:
    """Return the sentence for people about a command that is held for expired."""
    if command.delivered_ms is None:
        return "the machine did not ask for its commands in time; it was not told"
    return "it was handed to the machine, and no answer came"


def _is_of_the_future(command: Command, now_ms: int) -> bool:
    return command.requested_ms > now_ms + SET_BACK_SECONDS * 1000
