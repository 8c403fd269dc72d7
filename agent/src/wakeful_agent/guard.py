"""May this command run here, now? Pure: the machine's own file decides, whoever asks and whatever he holds."""

from __future__ import annotations

from wakeful_agent.action import check_arguments
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Collection, Mapping, Sequence

    from wakeful_agent.action import Action
    from wakeful_agent.config.orders import Policy
    from wakeful_wire.answer import Command

HOUR_MS = 3_600_000
AHEAD_MS_MAX = 24 * HOUR_MS
"""How far ahead a command may expire: so long its id is remembered, and no longer."""
_PROBLEMS_TOLD = 3
_TOLD_CHARACTERS_MAX = 500


class Seen(NamedTuple):
    """What came before: ids of commands that were taken up, and when each was."""

    ids: Collection[str]
    times_ms: Sequence[int]


def judge(command: Command, announced: Mapping[str, Action], policy: Policy, seen: Seen, now_ms: int) -> str:
    """Return why a command must not run; empty when it may. `announced` are the actions that can be done here."""
    unknown = _unknown(label(command.action, 64), command, announced, policy)
    if unknown:
        return unknown
    if command.id in seen.ids:
        return "a command of this id was taken up before"
    if expired(command, now_ms):
        return f"it expired {(now_ms - command.expires_ms) / 1000:.0f} s ago, by this machine's clock"
    if command.expires_ms > now_ms + AHEAD_MS_MAX:
        return "it would expire more than a day ahead, by this machine's clock"
    problems = check_arguments(announced[command.action].parameters, command.arguments)[1]
    if problems:
        return label(f"arguments of {command.action}: {'; '.join(problems[:_PROBLEMS_TOLD])}", _TOLD_CHARACTERS_MAX)
    if sum(1 for time_ms in seen.times_ms if abs(now_ms - time_ms) < HOUR_MS) >= policy.per_hour:
        return f"{policy.per_hour} commands ran within an hour, and agent.toml permits no more (policy.per_hour)"
    return ""


def _unknown(name: str, command: Command, announced: Mapping[str, Action], policy: Policy) -> str:
    if command.action in policy.allow:
        return "" if command.action in announced else f"{name!r} is permitted, but cannot be done here"
    if policy.void:
        return f"agent.toml of this machine permits nothing: {policy.void}"
    return f"agent.toml of this machine does not permit {name!r}"


def expired(command: Command, now_ms: int) -> bool:
    """Tell whether it is too late for a command."""
    return command.expires_ms <= now_ms
