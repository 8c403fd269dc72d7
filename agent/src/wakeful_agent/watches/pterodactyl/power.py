"""One power action on its way: over the websocket first, then by the panel; sent again when lost or refused. Pure.

Wings ignores silently what the account may not do, answers `daemon error` when another action is being processed or
this one is refused, and says nothing when a frame was lost. The panel names reasons, so it is asked then.
"""

from __future__ import annotations

from wakeful_agent.watches.pterodactyl.frames import write_frame
from wakeful_agent.watches.pterodactyl.orders import POWER, SEND, Order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.watches.pterodactyl.pace import Pace

START, STOP, RESTART, KILL = SIGNALS = ("start", "stop", "restart", "kill")
_HEARD = {
    START: {"starting", "running"},
    STOP: {"stopping", "offline"},
    RESTART: {"stopping", "starting", "offline"},
    KILL: {"stopping", "offline"},
}
_BUSY = "another power action is currently being processed"


class Power:
    """The action that was asked for last, until the server's state shows that it was taken."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.signal = ""
        """The action on its way; empty when there is none."""
        self.at: float | None = None
        """When `tick` is due."""
        self._busy = 0
        self._again = False
        self._by_panel = False

    def ask(self, signal: str, live: bool, now: float) -> list[Order]:
        """Begin; `live`: there is a websocket that has been let in."""
        self.signal = signal
        self._busy = 0
        self._again = self._by_panel = False
        return self._send(now) if live else self._fall_back()

    def hear_state(self, state: str) -> None:
        """Take a state of the server."""
        if self.signal and state in _HEARD[self.signal]:
            self.end()

    def hear_error(self, text: str, now: float) -> None:
        """Take a `daemon error`: a busy server is asked again later, of another refusal the panel knows the reason."""
        if not self.signal or self._by_panel:
            return
        if _BUSY not in text:
            self.at = now
        elif self._busy < self._pace.busy_tries:
            self._busy += 1
            self._again = True
            self.at = now + self._pace.busy
        else:
            self.end()

    def tick(self, live: bool, now: float) -> list[Order]:
        """Go on when nothing was heard: again over the websocket while it was busy, then by the panel, once."""
        if self.at is None or now < self.at:
            return []
        self.at = None
        if self._again and live:
            self._again = False
            return self._send(now)
        return self._fall_back()

    def end(self) -> None:
        """Forget it: it was taken, or is given up."""
        self.signal = ""
        self.at = None

    def _send(self, now: float) -> list[Order]:
        self.at = now + self._pace.answer
        return [Order(SEND, write_frame("set state", self.signal))]

    def _fall_back(self) -> list[Order]:
        self._by_panel = True
        self.at = None
        return [Order(POWER, self.signal)]
