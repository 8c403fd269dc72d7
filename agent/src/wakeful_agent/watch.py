"""The shape of a watch: something that is kept alive. Who looks when, and when to repair, is the keeper's matter."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.action import Outcome
    from wakeful_agent.host.files import Host
    from wakeful_agent.options import Option

    Repair = Callable[[Host, int], Outcome]
    """Called with the host and the time in ms; may raise HostError."""

UP, STARTING, DOWN = "up", "starting", "down"
HELD = "held"
"""It is down for a reason that is not fought: suspended, being installed, a full disk, maintenance."""
STOPPED = "stopped"
"""A person stopped it."""
UNKNOWN = "unknown"
"""It cannot be told, which is never a reason to act."""
STATES = (UP, STARTING, DOWN, HELD, STOPPED, UNKNOWN)


class Sight(NamedTuple):
    """What was seen: a state, a sentence about it, and what belongs to it (the last lines of a console)."""

    state: str
    detail: str = ""
    data: Mapping[str, Any] = {}


class Verb(NamedTuple):
    """Something that can be asked of a watch of this kind, by the name of an action (`server.stop`)."""

    name: str
    danger: str
    help: str = ""


class Watch:
    """The shape of a watch; subclass it, set the names, write `look` (or `begin` and `end`) and `repair`.

    `options` are those of its own in `[[watch]]`; `required` names those that must be given. A kind that `acts` repairs
    by itself; where the file names an action, or the kind has none of its own, `repairs` does it.
    """

    kind: str = ""
    options: tuple[Option, ...] = ()
    required: tuple[str, ...] = ()
    interval_seconds: float = 10.0
    budget_seconds: float = 10.0
    """How long one look may take."""
    repair_seconds: float = 120.0
    """How long one repair may take."""
    acts: bool = False
    hears: bool = False
    """Whether it hears by itself what happens, in a thread of its own, and is never looked at."""
    verbs: tuple[Verb, ...] = ()
    inventory_name: str = ""
    """The inventory of its own that a kind has rows for."""
    state: str = ""
    """The agent's state folder, for kinds that must know something over restarts; empty: nothing is kept."""

    def __init__(self, name: str, options: Mapping[str, Any], repairs: Repair | None = None) -> None:
        self.name = name
        self.chosen = {option.name: options.get(option.name, option.default) for option in self.options}
        self.repairs = repairs

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:  # noqa: ARG003 - for kinds that have something to check
        """Return what is wrong with options whose types are right, each as `NAME sentence`."""
        return []

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:  # noqa: ARG003 - for kinds of which two would fight
        """Return what is kept alive, the same for two watches that would fight over it; empty where none can."""
        return ""

    @classmethod
    def commands(cls, options: Mapping[str, Any]) -> Sequence[Sequence[str]]:  # noqa: ARG003 - for kinds that need root
        """Return what must be permitted to be run as root, for a kind that repairs by itself."""
        return ()

    def secret(self, host: Host, name: str = "password") -> str:
        """Return what is in the file that the option `NAME_file` names; empty where none is named.

        Raises Denied when that file is open to others, Absent, HostError.
        """
        path = str(self.chosen.get(f"{name}_file") or "")
        return host.secret(path) if path else ""

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return how it stands; a HostError stands for UNKNOWN. For kinds that are looked at."""
        raise HostError(f"{self.kind} is not looked at")

    def begin(self, report: Callable[[Sight], None]) -> None:
        """Begin to hear, and report every change from a thread of its own. For kinds that hear."""
        raise HostError(f"{self.kind} does not hear")

    def refresh(self) -> None:
        """Take what changed beside agent.toml when that is read again: secrets in their files. For kinds that hear."""

    def end(self) -> None:
        """Hear no more; returns soon, whatever hangs."""

    def inventory(self) -> dict[str, Any] | None:
        """Return its row of the inventory `inventory_name`; None while there is nothing to say."""
        return None

    def repair(self, host: Host, now_ms: int) -> Outcome:
        """Try once to bring it up; raise HostError or return what was not done. What came of it is seen by looking."""
        if self.repairs is None:
            raise HostError(f"{self.kind} has no action of its own")
        return self.repairs(host, now_ms)

    def perform(self, verb: str, host: Host, now_ms: int) -> Outcome:
        """Do one of its `verbs`; raise HostError or return what was not done."""
        raise HostError(f"{self.kind} cannot {verb}")
