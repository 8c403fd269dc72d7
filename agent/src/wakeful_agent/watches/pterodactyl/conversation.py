"""The conversation with a panel and Wings about one server: frames and answers in, orders out. Pure.

`now` is in seconds of a clock that only goes forward. What comes in returns orders; `due` says when `tick` is wanted.
"""

from __future__ import annotations

from wakeful_agent.network import panel_answer as answers
from wakeful_agent.watches.pterodactyl.connection import Connection
from wakeful_agent.watches.pterodactyl.frames import write_frame
from wakeful_agent.watches.pterodactyl.orders import ACTIVITY, LOGS, RESOURCES, SEND, VIEW, Order
from wakeful_agent.watches.pterodactyl.power import RESTART, START, Power
from wakeful_agent.watches.pterodactyl.standing import LASTING, OFFLINE, STARTING, STATES, STOPPING, Standing
from wakeful_agent.watches.pterodactyl.timers import Timers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.network.panel_answer import Grant, PanelError, View
    from wakeful_agent.watches.pterodactyl.frames import Frame
    from wakeful_agent.watches.pterodactyl.pace import Pace

DISK_BYTES_MAX = 1 << 60
_INSTALLING = "it is being installed"
_MOVING = "it is being moved to another node"
_MOVES = {"starting", "archiving", "processing", "pending"}
_MOVED = {"success", "completed"}
_HANDLERS = {
    "auth success": "auth_success",
    "status": "status",
    "daemon error": "daemon_error",
    "token expiring": "token_end",
    "token expired": "token_end",
    "jwt error": "jwt_error",
    "install started": "install",
    "install completed": "change",
    "backup restore completed": "change",
    "deleted": "change",
    "transfer status": "transfer",
}
"""The ends of the names of what takes each event."""


class Conversation:
    """What was said about one server, and what follows. `fraction` gives numbers of [0, 1) for the jitter."""

    def __init__(self, pace: Pace, fraction: Callable[[], float]) -> None:
        self.standing = Standing()
        self.power = Power(pace)
        self.connection = Connection(pace, fraction, self.standing)
        self.view: View | None = None
        self._pace = pace
        self._timers = Timers()
        self._asked_why = False
        self._confirm_until = 0.0
        self._logs_wanted = False
        self._stopping_at = 0.0

    def begin(self, now: float, delay_seconds: float) -> None:
        """Begin to connect after a delay."""
        self.connection.begin(now, delay_seconds)

    def try_again(self, now: float) -> list[Order]:
        """Try now what only a person can set right, and was not to be tried for long."""
        if self.standing.trouble_code in LASTING:
            self.connection.hurry(now)
        return []

    def due(self) -> float | None:
        """Return when `tick` is wanted next; None when nothing is waited for."""
        times = (self._timers.due(), self.connection.timers.due(), self.power.at)
        return min((at for at in times if at is not None), default=None)

    def tick(self, now: float) -> list[Order]:
        """Do what is due."""
        orders = self.power.tick(self.connection.live, now)
        open_before = self.connection.open
        orders += self.connection.tick(now)
        if open_before and not self.connection.open:
            self._lose(now)
        while name := self._timers.take(now):
            orders += getattr(self, f"_on_{name}")(now)
        return orders

    # -- what the panel says

    def viewed(self, view: View, now: float) -> list[Order]:
        """Take the panel's page of the server."""
        self.view = view
        self.standing.held = view.held
        self.standing.disk_limit_bytes = view.disk_limit_bytes
        if not view.may("control.start"):
            self.standing.denied = "this account may not start the server (control.start)"
        if view.held and self.connection.open:
            self._look_again(now)
        return self.connection.viewed(view.uuid, bool(view.held), now)

    def granted(self, grant: Grant, now: float) -> list[Order]:
        """Take a token for the websocket."""
        return self.connection.granted(grant, now)

    def unviewed(self, error: PanelError, now: float) -> list[Order]:
        """Take that the panel gave no page of the server."""
        if self.connection.looking:
            return self.ungranted(error, now)
        if self.standing.held:
            self._look_again(now)
        return []

    def ungranted(self, error: PanelError, now: float) -> list[Order]:
        """Take that the panel gave no token."""
        if error.code == answers.CONFLICT:
            self._hold(str(error), now)
            self.connection.wait(self._pace.held, now)
            return []
        wait = self._pace.lasting if error.lasting else error.retry_seconds
        return self.connection.stumble(error.code, str(error), now, wait)

    def told_resources(self, told: Mapping[str, Any] | None, now: float) -> list[Order]:
        """Take the state as the panel knows it, while there is no websocket; None when it does not tell."""
        if self.connection.live:
            return []
        wait = self._pace.confirm if now < self._confirm_until else self._pace.poll
        self._timers.set("poll", now + self.connection.spread(wait))
        state = told.get("state") if told else None
        if told is None or state not in STATES:
            self.standing.lose()
            return []
        self._timers.drop("blind")
        self.standing.hearsay = True
        self.standing.disk_bytes = _bytes(told)
        return self._hear_state(str(state), now)

    def told_activity(self, activity: Sequence[str] | None) -> None:
        """Take what people did to the server's power, newest first; None when the panel does not tell."""
        if self._asked_why:
            self._asked_why = False
            self._timers.drop("cause")
            self.standing.explain(activity, stopped=False)
        elif activity is not None:
            self.standing.look_again(activity)

    def powered(self, error: PanelError | None, now: float) -> None:
        """Take what the panel said to a power action."""
        signal = self.power.signal
        self.power.end()
        if error is None:
            return
        if error.code == answers.CONFLICT:
            self._hold(str(error), now)
        elif signal in {START, RESTART}:
            self.standing.deny(str(error))

    # -- what people and the keeper want

    def ask_power(self, signal: str, now: float) -> list[Order]:
        """Send a power action on its way."""
        if signal in {START, RESTART}:
            lasts = self._pace.restart if signal == RESTART else self._pace.start
            self.standing.ask_to_run(now + lasts, stops_first=signal == RESTART)
        self._confirm_until = now + self._pace.confirming
        if not self.connection.live:
            self._timers.set("poll", now + self._pace.confirm)
        return self.power.ask(signal, self.connection.live, now)

    # -- what comes over the websocket

    def opened(self, now: float) -> list[Order]:
        """Take that the websocket is open."""
        self._logs_wanted = True
        return self.connection.opened(now)

    def unopened(self, status: int, sentence: str, now: float) -> list[Order]:
        """Take that the websocket could not be opened; `status` is that of the handshake, 0 when there was none."""
        self._timers.keep("poll", now + self._pace.retry)
        return self.connection.unopened(status, sentence, now)

    def closed(self, code: int, reason: str, now: float) -> list[Order]:
        """Take that the websocket is closed; a quick return changes nothing of what is known."""
        self._lose(now)
        return self.connection.closed(code, reason, now)

    def heard(self, frame: Frame, now: float) -> list[Order]:
        """Take a frame; those of the console and with figures are told elsewhere."""
        name = _HANDLERS.get(frame.event)
        if name is None:
            return []
        open_before = self.connection.open
        orders: list[Order] = getattr(self, f"_take_{name}")(frame.text, now)
        if open_before and not self.connection.open:
            self._lose(now)
        return orders

    def told_stats(self, figures: Mapping[str, Any], now: float) -> list[Order]:
        """Take the figures of a `stats` frame, whose state stands in for one whose frame was lost."""
        self.connection.stats_came()
        if "disk_bytes" in figures:
            self.standing.disk_bytes = _bytes(figures)
        state = str(figures.get("state") or "")
        orders = self._take_status(state, now)
        if state == STARTING and figures.get("uptime"):
            self.standing.lives()
        return orders

    def _take_auth_success(self, _: str, now: float) -> list[Order]:
        first = self.connection.authenticated(now)
        self._timers.drop("blind", "poll")
        lost, self.connection.lost_frames = self.connection.lost_frames, False
        return [Order(SEND, write_frame("send stats"))] if lost and not first else []

    def _take_status(self, state: str, now: float) -> list[Order]:
        if state not in STATES or not self.connection.live:
            return []
        self.standing.hearsay = False
        orders = self._hear_state(state, now)
        if self._logs_wanted and state != OFFLINE:
            orders.append(Order(LOGS))
        self._logs_wanted = False
        return orders

    def _take_daemon_error(self, text: str, now: float) -> list[Order]:
        if not self.connection.live:
            return self.connection.distrust("Wings does not take the token: does the panel know its secret?", now)
        self.power.hear_error(text, now)
        return self.power.tick(self.connection.live, now)

    def _take_token_end(self, _: str, now: float) -> list[Order]:
        return self.connection.token_ends(now)

    def _take_jwt_error(self, text: str, now: float) -> list[Order]:
        self._timers.keep("blind", now + self._pace.blind)  # nothing else comes through until a new token is taken
        self._timers.keep("poll", now + self._pace.blind)
        return self.connection.token_refused(text, now)

    def _take_install(self, _: str, now: float) -> list[Order]:
        self._hold(_INSTALLING, now)
        return []

    def _take_change(self, _: str, __: float) -> list[Order]:
        return [Order(VIEW)]

    def _take_transfer(self, text: str, now: float) -> list[Order]:
        if text in _MOVES:
            self._hold(_MOVING, now)
            return []
        return self.connection.move(now) if text in _MOVED else [Order(VIEW)]

    # -- timers

    def _on_blind(self, _: float) -> list[Order]:
        self.standing.lose()
        return []

    def _on_poll(self, _: float) -> list[Order]:
        return [Order(RESOURCES)]

    def _on_look(self, _: float) -> list[Order]:
        return [Order(VIEW)]

    def _on_cause(self, now: float) -> list[Order]:
        if self._asked_why:  # the panel does not answer in time: what is off is brought up
            self._asked_why = False
            self.standing.explain(None, stopped=False)
        else:
            self.standing.explain(None, stopped=True)
            self._timers.set("again", now + self._pace.second_look)
        return []

    def _on_again(self, now: float) -> list[Order]:
        # Only what was done since: a start of long ago says nothing of a stop that is in no log (the console's).
        since = now - self._stopping_at + self._pace.log_slack
        return [Order(ACTIVITY, f"{since:.3f}")] if self.standing.state == OFFLINE else []

    # -- steps

    def _hear_state(self, state: str, now: float) -> list[Order]:
        before = self.standing.state
        self.power.hear_state(state)
        if state == STOPPING and before != STOPPING:
            self._stopping_at = now
        why = self.standing.hear(state, now)
        if state == before or state != OFFLINE:
            return []
        orders = [Order(VIEW)]  # it may be held by now, and then it is not to be started
        if why and before == STOPPING:
            self._timers.set("cause", now + self._pace.cause)
        elif why:
            self._asked_why = True
            self._timers.set("cause", now + self._pace.answer)
            orders.append(Order(ACTIVITY))
        return orders

    def _hold(self, why: str, now: float) -> None:
        self.standing.held = self.standing.held or why
        self._look_again(now)

    def _look_again(self, now: float) -> None:
        self._timers.keep("look", now + self.connection.spread(self._pace.held))

    def _lose(self, now: float) -> None:
        self._timers.keep("blind", now + self._pace.blind)
        self._timers.keep("poll", now + self._pace.blind)


def _bytes(figures: Mapping[str, Any]) -> float:
    told = figures.get("disk_bytes")
    return float(told) if isinstance(told, (int, float)) and 0 <= told < DISK_BYTES_MAX else 0.0
