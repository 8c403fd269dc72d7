"""How a server stands: the last word of Wings, why it is off, what forbids to start it. States in, a verdict out. Pure.

`starting` counts as up: a server whose done line never comes says it for ever. A crash is `offline` that no `stopping`
came before; one that a person stopped passes `stopping`, as does one whose start failed. What happened while nobody
listened is asked of the panel's activity log.
"""

from __future__ import annotations

from wakeful_agent import watch
from wakeful_agent.network import panel_answer as answers
from wakeful_agent.watch import Sight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

OFFLINE, STARTING, RUNNING, STOPPING = "offline", "starting", "running", "stopping"
STATES = (OFFLINE, STARTING, RUNNING, STOPPING)
CRASHED, FOUND, FAILED, PERSON, ASKED = "crashed", "found", "failed", "person", "asked"
"""Why it is off: it crashed; it was found off; a start failed; a person stopped it; it was asked to run again."""
ORIGIN, PERMISSION, TOKEN, SOCKET = "origin", "permission", "token", "socket"
"""Codes of troubles that the panel has none for."""
LASTING = answers.LASTING | {ORIGIN, PERMISSION}
"""Troubles that only a person can end."""
_DOWN = {
    CRASHED: "it went offline without being stopped",
    FOUND: "it is offline",
    FAILED: "it went offline again while it was starting",
    ASKED: "it was asked to start, and is offline",
}
FAILS_SECONDS = 120.0
"""A start fails no later than this, or the process was seen to live; who stops it then is a person."""
_STOPS = {"server:power.stop", "server:power.kill"}
_RUNS = {"server:power.start", "server:power.restart"}


class Standing:
    """What is known of one server."""

    def __init__(self) -> None:
        self.state = ""
        """The last word of Wings (or of the panel); empty while there is none."""
        self.hearsay = False
        """Whether the panel said the last word: there is no websocket."""
        self.cause = ""
        """Why it is offline; empty while that is not known."""
        self.held = ""
        """Why it may not be started: suspended, being installed."""
        self.trouble = ""
        self.trouble_code = ""
        """Why it cannot be seen, and the code of that."""
        self.denied = ""
        """What became of the last start, where it was refused."""
        self.disk_bytes = 0.0
        self.disk_limit_bytes = 0
        self.disk_told_full = False
        self._fails_until = 0.0
        self._ran_since = True
        self._stops_first = False

    def ask_to_run(self, until: float, stops_first: bool) -> None:
        """Note that this agent asked for a start, or for a restart, which `stops_first`; no later than `until`."""
        self._fails_until = until
        self._ran_since = False
        self._stops_first = stops_first
        self.denied = ""

    def lives(self) -> None:
        """Note that its process runs: who stops it now is a person, and no start that failed."""
        self._ran_since = self._ran_since or not self._stops_first

    def deny(self, why: str) -> None:
        """Note that a start was refused."""
        self.denied = why
        self._ran_since = True

    def hear(self, state: str, now: float) -> bool:
        """Take a state; tell whether why it is offline must be found out. The first after a silence has no before."""
        before, self.state = self.state, state
        if (before, state) == (OFFLINE, STARTING):
            # Somebody's start, not ours alone: Wings' own after a crash, a schedule's, a person's.
            self._ran_since = False
            self._fails_until = max(self._fails_until, now + FAILS_SECONDS)
        if state in {RUNNING, STARTING}:
            self._stops_first = self._stops_first and state == RUNNING
            self._ran_since = self._ran_since or (state == RUNNING and not self._stops_first)
            self.cause = self.denied = ""
            self.disk_told_full = False
        if state != OFFLINE or before == OFFLINE:
            return False
        if before in {RUNNING, STARTING}:
            self.cause = CRASHED
            return False
        if before == STOPPING and not self._ran_since and now < self._fails_until:
            self.cause = FAILED
            return False
        if before == "" and self.cause:
            return False  # it was off before the connection was lost, and why is known
        self.cause = ""
        return True

    def lose(self) -> None:
        """Forget the state, which nobody tells any more; why it was off stays."""
        if self.state != OFFLINE:
            self.cause = ""
        self.state = ""

    def explain(self, activity: Sequence[str] | None, stopped: bool) -> None:
        """Take what the panel says people did, newest first; None when it does not say.

        `stopped`: it was seen to be stopped, which the log may not have yet.
        """
        if self.state != OFFLINE or self.cause:
            return
        last = next((one for one in activity or () if one in _STOPS | _RUNS), "")
        self.cause = PERSON if stopped or last in _STOPS else FOUND

    def look_again(self, activity: Sequence[str]) -> None:
        """Correct, by a log that is complete now, what was taken for a person's stop."""
        last = next((one for one in activity if one in _STOPS | _RUNS), "")
        if self.state == OFFLINE and self.cause == PERSON and last in _RUNS:
            self.cause = ASKED

    def suffer(self, code: str, sentence: str) -> None:
        """Note why it cannot be seen."""
        self.trouble_code, self.trouble = code, sentence

    def recover(self) -> None:
        """Note that it can be seen."""
        self.trouble_code = self.trouble = ""

    @property
    def disk_full(self) -> bool:
        """Tell whether it has used up its disk: Wings would refuse to start it, and stops it."""
        over = self.disk_limit_bytes > 0 and self.disk_bytes > self.disk_limit_bytes
        return over or (self.disk_told_full and self.state == OFFLINE)

    def sight(self) -> Sight:
        """Return the verdict, without what belongs to it."""
        data = {"state": self.state} if self.state else {}
        if self.held:
            return Sight(watch.HELD, self.held, data)
        if self.state in {RUNNING, STARTING}:
            return Sight(watch.UP, f"it is {self.state}{self._by_hearsay()}", data)
        if self.state == STOPPING:
            return Sight(watch.UNKNOWN, "it is being stopped", data)
        if self.state == OFFLINE:
            return self._off(data)
        if self.trouble:
            # Named only where a person must see to it: that is told at once, the rest when it lasts.
            data = {"trouble": self.trouble_code} if self.trouble_code in LASTING else {}
            return Sight(watch.UNKNOWN, self.trouble, data)
        return Sight(watch.UNKNOWN, "it has not been heard of yet")

    def _off(self, data: dict[str, str]) -> Sight:
        if self.disk_full:
            return Sight(watch.HELD, "its disk is full: Wings does not start it", data)
        if self.cause == PERSON:
            return Sight(watch.STOPPED, "a person stopped it", data)
        if not self.cause:
            return Sight(watch.UNKNOWN, "it is offline; why is being asked", data)
        denied = f"; the last start: {self.denied}" if self.denied else ""
        return Sight(watch.DOWN, _DOWN[self.cause] + denied + self._by_hearsay(), data)

    def _by_hearsay(self) -> str:
        return f" (as the panel says: {self.trouble})" if self.hearsay and self.trouble else ""
