"""One watch as the keeper holds it: what it is, where it stands, when it is to be looked at next."""

from __future__ import annotations

from functools import partial
from math import inf

from wakeful_agent.daemon.roster import Entry
from wakeful_agent.decision import Policy
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.lane import Call
from wakeful_agent.host.text import label
from wakeful_agent.standing import REHEARSED, SETTLING, STEADYING, VERIFYING, State
from wakeful_agent.watch import UNKNOWN, Sight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from wakeful_agent.config.orders import WatchSetting
    from wakeful_agent.host.files import Host
    from wakeful_agent.host.lane import Answer
    from wakeful_agent.watch import Watch

    Report = Callable[[Watch, Sight], None]

CLOSE_SECONDS = 2.0
"""How often is looked while something is awaited, where the kind is looked at less often."""


def policy_of(setting: WatchSetting) -> Policy:
    """Return the rules that the file gives for a watch."""
    return Policy(
        attempts=setting.attempts,
        window_ms=round(setting.window_seconds * 1000),
        debounce_ms=round(setting.debounce_seconds * 1000),
        backoff_ms=round(setting.backoff_seconds * 1000),
        backoff_max_ms=round(setting.backoff_max_seconds * 1000),
        verify_ms=round(setting.verify_seconds * 1000),
        steady_ms=round(setting.steady_seconds * 1000),
        respect_stop=setting.respect_stop,
        dry_run=setting.dry_run,
    )


class Kept:
    """Belongs to the keeper's thread."""

    def __init__(self, watch: Watch, setting: WatchSetting) -> None:
        self.name = setting.name
        self.watch = watch
        self.setting = setting
        self.policy = policy_of(setting)
        self.state = State()
        self.sight: Sight | None = None
        self.dirty = True
        self.until_ms = -1
        """Until when the pause holds that was taken over from its file."""
        self.looking = False
        self.looked = -inf
        self._stale = False

    def begin(self, report: Report) -> None:
        """Begin to hear, where the kind does."""
        if not self.watch.hears:
            return
        try:
            self.watch.begin(partial(report, self.watch))
        except Exception as error:  # a kind that cannot begin is a watch that cannot be told
            report(self.watch, unable(error))

    def refresh(self, report: Report) -> None:
        """Let a kind that hears take what changed beside the file."""
        try:
            self.watch.refresh()
        except Exception as error:  # a kind that cannot go on is a watch that cannot be told
            report(self.watch, unable(error))

    def end(self) -> None:
        """Hear no more."""
        if not self.watch.hears:
            return
        try:
            self.watch.end()
        except Exception:  # it is over with it anyway
            return

    def change(self, watch: Watch, setting: WatchSetting, report: Report) -> None:
        """Take what the file says now; where it is still the same thing, it stands where it stood."""
        before, self.setting = self.setting, setting
        self.policy = policy_of(setting)
        if not self.policy.dry_run and self.state.phase == REHEARSED:
            self.state = self.state._replace(phase=SETTLING, due_ms=0)
        if before.options == setting.options:
            self.watch.repairs = watch.repairs
            self.refresh(report)
            return
        self.end()
        if watch.subject(setting.options) != self.watch.subject(before.options):
            self.state = State(attempts=self.state.attempts)
        self.watch, self.sight, self.looked, self._stale = watch, None, -inf, self.looking
        self.begin(report)
        self.refresh(report)  # whoever changes the file wants what waits for a person tried again

    def interval_seconds(self) -> float:
        """Return how often it is to be looked at now."""
        awaited = self.state.phase in (SETTLING, VERIFYING, STEADYING)
        return min(self.watch.interval_seconds, CLOSE_SECONDS) if awaited else self.watch.interval_seconds

    def looks_due(self, now: float) -> bool:
        """Tell whether it is to be looked at; `now` is monotonic."""
        return not self.watch.hears and not self.looking and now - self.looked >= self.interval_seconds()

    def wait_seconds(self, now_ms: int, now: float) -> float:
        """Return when it next needs its keeper."""
        waits = inf
        if self.state.due_ms:
            waits = max(0, self.state.due_ms - now_ms) / 1000
        if not self.watch.hears and not self.looking:
            waits = min(waits, max(0.0, self.looked + self.interval_seconds() - now))
        return waits

    def look(self, host: Host, now_ms: int) -> Call:
        """Return the call that looks at it."""
        return Call(self.name, partial(self.watch.look, host, now_ms), self.watch.budget_seconds)

    def looked_at(self, answer: Answer, now: float) -> Sight | None:
        """Return what was seen; None where that was seen of what it was before."""
        self.looking = False
        stale, self._stale = self._stale, False
        if stale:
            return None
        self.looked = now
        if answer.late:
            return Sight(UNKNOWN, f"nothing came back within {answer.seconds:g} s")
        if answer.error is not None:
            return unable(answer.error)
        sight: Sight = answer.value
        return sight

    def own_row(self) -> Any:
        """Return the row of its kind's own inventory; None where there is none."""
        return self.watch.inventory() if self.watch.inventory_name else None

    def entry(self) -> Entry:
        """Return how it stands."""
        row = self.own_row()
        own = (self.watch.inventory_name, row) if row is not None else None
        return Entry(self.setting, self.state, self.sight or Sight(UNKNOWN), own)


def unable(error: BaseException) -> Sight:
    """Return the sight of what could not be looked at; what only a person can grant is a trouble at once."""
    if isinstance(error, HostError):
        return Sight(UNKNOWN, label(str(error)), {"trouble": "denied"} if isinstance(error, Denied) else {})
    return Sight(UNKNOWN, label(f"{type(error).__name__}: {error}"), {"trouble": "fault"})
