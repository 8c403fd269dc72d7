"""The words of the state machine: in which state a machine is, what is remembered, what is seen, what follows. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(StrEnum):
    """Where a machine stands."""

    ASLEEP = "asleep"
    WAKING = "waking"
    AWAKE = "awake"
    DRAINING = "draining"
    STOPPING = "stopping"
    UNREACHABLE = "unreachable"


SERVING = frozenset({State.AWAKE, State.DRAINING})
"""The states in which requests are let through."""

WAKE, SLEEP = "wake", "sleep"
"""The acts: send what wakes it (a packet, the relay's command, a named action), order it to sleep."""

FORCE = "force"
"""What may be asked beside wake and sleep: to sleep at once, whoever uses it."""

SLEEP_FAILED, WAKE_FAILED, WOKE, SLEPT = "sleep_failed", "wake_failed", "woke", "slept"
"""What a step may have to tell, beside the turn."""


class Policy(NamedTuple):
    """How patient one machine is to be treated; all in seconds but `gone_probes` and `repeat`.

    `repeat`: what wakes it is sent again every `packet_seconds` (a packet may be lost); else only after it failed.
    """

    boot_seconds: float = 180
    idle_seconds: float = 900
    drain_seconds: float = 5
    stop_seconds: float = 120
    cool_seconds: float = 60
    packet_seconds: float = 10
    calm_seconds: float = 60
    retry_seconds: float = 600
    retry_max_seconds: float = 21_600
    probe_seconds: float = 10
    probe_often_seconds: float = 1
    look_seconds: float = 30
    gone_probes: int = 3
    repeat: bool = True


class Outcome(NamedTuple):
    """How an act ended; `permanent` says that trying again cannot help (nobody may send the packet, wrong password)."""

    name: str
    ok: bool
    detail: str = ""
    permanent: bool = False


class Facts(NamedTuple):
    """What is seen now.

    `answers` and `busy` are None where nobody looked; `busy` are the reasons why it may not sleep, a look that failed
    among them. `requests` and `claims` are living leases, `served` that requests came and ended since the step before;
    `asked` is wake, sleep or force. `acting` are the acts under way in this process, `act` is the one that ended since
    the step before.
    """

    answers: bool | None = None
    requests: int = 0
    claims: int = 0
    permanent: bool = False
    asked: str = ""
    asked_by: str = ""
    busy: tuple[str, ...] | None = None
    can_wake: bool = True
    can_sleep: bool = True
    act: Outcome | None = None
    acting: frozenset[str] = frozenset()
    served: bool = False

    @property
    def is_wanted(self) -> bool:
        """Return whether somebody claims the machine."""
        return bool(self.requests or self.claims or self.permanent)


class Memory(NamedTuple):
    """What is remembered from step to step, and over a restart; times are milliseconds since the epoch, 0 is never.

    `by` is who had it woken, `used_ms` when somebody claimed it last; `busy` and `busy_ms` are why and when it could
    not sleep, `looked_ms` and `probed_ms` when somebody looked. `missed` counts probes that failed in a row, `sent` is
    how often it was called in this waking, `is_called` that the last call went well, `said` what came of it,
    `woke_ms` when the last waking began, `cool_ms` until when requests do not wake it again, `tries` the failed wakings
    in a row. `failures` are failed orders to sleep in a row, `failed` and `failed_ms` why and when the last one failed,
    `retry_ms` is the time of the next; `ordered_ms` is when it was ordered to sleep, as long as nobody knows what
    became of it, `wanted_by` who wants it back after it slept.
    """

    state: State = State.ASLEEP
    since_ms: int = 0
    reason: str = ""
    by: str = ""
    used_ms: int = 0
    busy: tuple[str, ...] = ()
    busy_ms: int = 0
    looked_ms: int = 0
    probed_ms: int = 0
    missed: int = 0
    sent: int = 0
    sent_ms: int = 0
    is_called: bool = False
    said: str = ""
    woke_ms: int = 0
    cool_ms: int = 0
    tries: int = 0
    failures: int = 0
    failed: str = ""
    failed_ms: int = 0
    retry_ms: int = 0
    ordered_ms: int = 0
    wanted_by: str = ""

    def stored(self) -> dict[str, Any]:
        """Return what is kept beside state, since and reason."""
        return {name: value for name, value in self._asdict().items() if name not in _COLUMNS}


class Turn(NamedTuple):
    """One step of the timeline; `by` is a principal, or `request`, `lease`, `permanent`, `idle`, `itself`."""

    was: State
    state: State
    reason: str
    by: str


class Step(NamedTuple):
    """What follows: the memory to keep, the acts to begin once it is kept, and what there is to tell.

    `consumed`: what was asked was dealt with. `forced`: it goes to sleep whoever uses it.
    """

    memory: Memory
    acts: tuple[str, ...] = ()
    turn: Turn | None = None
    consumed: bool = False
    said: tuple[str, ...] = ()
    forced: bool = False


_COLUMNS = ("state", "since_ms", "reason")


def remembered(state: str, since_ms: int, reason: str, stored: Mapping[str, Any]) -> Memory:
    """Return a memory that was kept, also by another version: what it does not know is left out."""
    known = {name: value for name, value in stored.items() if name in Memory._fields and name not in _COLUMNS}
    if "busy" in known:
        known["busy"] = tuple(known["busy"])
    return Memory(State(state), since_ms, reason)._replace(**known)


def first(can_wake: bool, now_ms: int) -> Memory:
    """Return the memory of a machine that nobody has looked at yet."""
    return Memory(State.ASLEEP if can_wake else State.UNREACHABLE, now_ms, "it was not looked at yet")
