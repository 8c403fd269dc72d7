"""What the agent may do on this machine, found by probing: each with a reason and a way to grant it."""

from __future__ import annotations

from wakeful_agent.host.text import label
from wakeful_wire import limits
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Collection

_REASON_CHARACTERS_MAX = 1000


class Capability(NamedTuple):
    """Something the agent can or cannot do here.

    `reason` says why not (or how), `fix` is the exact line that would grant it, `exposes` what granting it gives away.
    """

    name: str
    available: bool
    reason: str = ""
    fix: str = ""
    exposes: str = ""

    def document(self) -> dict[str, Any]:
        """Return the form it travels in (see `hello.capabilities` of the wire), within what the wire takes.

        A fix that is too long is left out and not cut: half a line of sudoers is no line.
        """
        reason, fix = self.reason, self.fix
        if len(fix) > limits.TEXT_CHARACTERS_MAX:
            fix, reason = "", f"{label(reason, _REASON_CHARACTERS_MAX)}; `wakeful-agent doctor` prints what grants it"
        return {
            **self._asdict(),
            "reason": label(reason, limits.TEXT_CHARACTERS_MAX),
            "fix": label(fix, limits.TEXT_CHARACTERS_MAX),
            "exposes": label(self.exposes, limits.TEXT_CHARACTERS_MAX),
        }


def granted(name: str, reason: str = "") -> Capability:
    """Return a capability that is there."""
    return Capability(name, True, reason)


def missing(name: str, reason: str, fix: str = "", exposes: str = "") -> Capability:
    """Return a capability that is not there, with the line that would grant it and what that gives away."""
    return Capability(name, False, reason, fix, exposes)


def flips(before: list[Capability], after: list[Capability]) -> list[str]:
    """Return one sentence for each capability that came or went between two probings."""
    known = {item.name: item.available for item in before}
    return [
        f"{item.name}: {'now available' if item.available else 'no longer available'}{_why(item)}"
        for item in after
        if known.get(item.name, item.available) != item.available
    ]


def banner(items: list[Capability], absent: Collection[str] = ()) -> list[str]:
    """Return the lines a person reads at start and in `probe`: what is there, what is not and how to grant it.

    What is `absent` (nothing of its subject is on this machine) is named in one line at the end.
    """
    lines = []
    shown = [item for item in items if item.available or item.name not in absent]
    for item in sorted(shown, key=lambda item: (not item.available, item.name)):
        lines.append(f"{'+' if item.available else '-'} {item.name}{_why(item)}")
        if item.fix:
            lines.append(f"    to grant: {item.fix}")
        if item.fix and item.exposes:
            lines.append(f"    exposes:  {item.exposes}")
    if absent:
        lines.append(f"  not on this machine: {', '.join(sorted(absent))} (docs/meters.md says what each looks for)")
    return lines


def summary(items: list[Capability], absent: Collection[str] = ()) -> list[str]:
    """Return the same in few lines, for the log at start."""
    there = [item.name for item in items if item.available]
    lines = [f"can be read here: {', '.join(there)}"]
    for item in items:
        if not item.available and item.name not in absent:
            grant = f"; to grant: {item.fix}" if item.fix else ""
            lines.append(f"not readable: {item.name}{_why(item)}{grant}")
    if absent:
        lines.append(f"not on this machine: {', '.join(sorted(absent))}")
    return lines


def _why(item: Capability) -> str:
    return f": {item.reason}" if item.reason else ""
