"""What an agent may do on its machine, sorted by what a person can do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wakeful_collector.model.host import MeterOutcome

_INSTALL = re.compile(r"^(sudo )?(apt|apt-get|dnf|yum|apk|pacman|zypper|pip|snap)\b")


@dataclass(frozen=True, slots=True)
class Permission:
    """A capability as the agent told it: all of it is hostile text."""

    name: str
    reason: str
    fix: str
    exposes: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """`granted`; `held_back` could be granted by its line; `untold` waits for a target; `absent` is not there."""

    granted: list[Permission]
    held_back: list[Permission]
    untold: list[Permission]
    absent: list[Permission]


def sort_out(told: Any, outcomes: Mapping[str, MeterOutcome]) -> Permissions:
    """Return the capabilities of a hello; what is there and refused is held back, whatever its line says."""
    found = Permissions([], [], [], [])
    for one in _read(told):
        permission = Permission(*(str(one.get(key) or "") for key in ("name", "reason", "fix", "exposes")))
        ended = outcomes[permission.name].outcome if permission.name in outcomes else ""
        if one.get("available"):
            found.granted.append(permission)
        elif ended == "refused":
            found.held_back.append(permission)
        elif not permission.fix or ended == "nothing" or _INSTALL.match(permission.fix):
            found.absent.append(permission)
        elif "agent.toml" in permission.fix:
            found.untold.append(permission)
        else:
            found.held_back.append(permission)
    return found


def _read(told: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in told if isinstance(one, dict) and one.get("name")] if isinstance(told, list) else []
