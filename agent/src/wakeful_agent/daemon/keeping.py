"""The keeper: one thread that looks and listens, asks `recovery` what is to be done, writes that down, and does it.

Nothing here waits for the collector. What takes time (a look, an attempt) runs in threads of its own.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from math import inf
from queue import Empty, Queue
from time import monotonic

from wakeful_agent import recovery
from wakeful_agent.action import Outcome
from wakeful_agent.daemon import pauses
from wakeful_agent.daemon.errands import Errands
from wakeful_agent.daemon.kept import Kept
from wakeful_agent.daemon.memory import Memory
from wakeful_agent.daemon.outbound import Outbound
from wakeful_agent.daemon.roster import result
from wakeful_agent.decision import Act
from wakeful_agent.host.lane import Call
from wakeful_agent.standing import shift

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.config.orders import WatchSetting
    from wakeful_agent.host.files import Host
    from wakeful_agent.host.lane import Answer
    from wakeful_agent.host.log import Log
    from wakeful_agent.meter import Result
    from wakeful_agent.recovery import Decided
    from wakeful_agent.watch import Sight, Watch

LOOKS_MOST = 16
REPAIRS_MOST = 8
NAMED_ACTION_SECONDS = 3700.0
"""How long an attempt by a named action may take: it has a timeout of its own, which ends before."""
PAUSES_SECONDS = 2.0
ASKED_SECONDS = 5.0
JUMP_MS = 2_000
"""What the clock may differ from the time that passed before it counts as set (or the machine as having slept)."""
TICK_SECONDS = 60.0


class Keeper:
    """Keeps the watches it is given alive. `wake` is called when there is something to `take`."""

    def __init__(self, host: Host, state: str, wake: Callable[[], None], log: Log, now_ms: Callable[[], int]) -> None:
        self._host = host
        self._folder = state
        self._log = log
        self._clock = now_ms
        self._out = Outbound(wake, log)
        self._memory = Memory(state)
        self._kept: dict[str, Kept] = {}
        self._inbox: Queue[Callable[[], None] | None] = Queue()
        self._looks = Errands(lambda name, answer: self._inbox.put(partial(self._looked, name, answer)), LOOKS_MOST)
        self._acts = Errands(lambda name, answer: self._inbox.put(partial(self._acted, name, answer)), REPAIRS_MOST)
        self._planned: list[str] = []
        self._result: Result | None = None
        self._published = False
        self._own: list[Any] = []
        self._changed = False
        self._pauses_read = -1e9
        self._ticked = monotonic()
        self._last_ms, self._last_monotonic = now_ms(), monotonic()
        self._thread: threading.Thread | None = None
        problem = self._memory.restore()
        if problem:
            log.say("error", f"watches: {problem}; what was tried before is not known")

    # ---- asked by others, from any thread

    def begin(self) -> None:
        """Begin to keep."""
        self._thread = threading.Thread(target=self._loop, name="keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End, soon; attempts that are being made are left, and looked at after the next start."""
        self._inbox.put(None)
        if self._thread is not None:
            self._thread.join(ASKED_SECONDS)
        for kept in list(self._kept.values()):
            kept.end()
        self._host.stop_programs()

    def configure(self, watches: Sequence[Watch], settings: Sequence[WatchSetting]) -> None:
        """Keep these from now on; those that were kept before go on where they stand."""
        self._inbox.put(partial(self._configure, list(zip(watches, settings))))

    def take(self) -> list[dict[str, Any]]:
        """Return the events that came since the last time."""
        return self._out.take()

    def results(self) -> Mapping[str, Result]:
        """Return how all watches stand, as it goes with a tick; nothing before they were looked at."""
        found = self._result
        return {} if found is None else {"watches": found}

    def watch(self, name: str) -> Watch | None:
        """Return a watch by its name."""
        kept = self._kept.get(name)
        return None if kept is None else kept.watch

    def pause(self, name: str, until_ms: int | None, who: str, now_ms: int) -> Outcome:
        """Leave a watch (or `all`) alone until then; None: until it is resumed."""
        seconds = max(1, -(-(until_ms - now_ms) // 1000)) if until_ms else 0

        def begin() -> Outcome:
            pauses.begin(self._folder, name, seconds, f"by {who}")
            self._read_pauses()
            return Outcome(True, f"{name} is left alone {f'for {seconds} s' if seconds else 'until it is resumed'}")

        return self._ask(name, begin)

    def resume(self, name: str, who: str, now_ms: int) -> Outcome:
        """Keep a watch alive again; `all` ends every pause."""

        def end() -> Outcome:
            names = list(pauses.read(self._folder, now_ms)) if name == pauses.EVERY else [name]
            ended = [pauses.end(self._folder, one) for one in names]
            self._log.say("info", f"watches: {who} ends the pause of {name}")
            self._read_pauses()
            kept = self._kept.get(name)
            if kept is not None and kept.state.paused:
                return Outcome(False, f"{name} is paused with all watches: resume {pauses.EVERY}")
            return Outcome(True, f"{name} is kept alive again" if any(ended) else f"{name} was not paused")

        return self._ask(name, end)

    def repair(self, name: str, who: str, now_ms: int) -> Outcome:  # noqa: ARG002 - the same for all that is asked
        """Make an attempt now, with a whole budget; returns when it has begun."""

        def begin() -> Outcome:
            kept = self._kept[name]
            why_not = recovery.why_not_repair(kept.state)
            if why_not:
                return Outcome(False, why_not)
            current_ms = self._now_ms()
            self._decide(kept, recovery.repair(kept.state, kept.policy, current_ms, _chance()))
            if kept.policy.dry_run:
                return Outcome(True, "dry run: nothing is done", {"dry_run": True})
            return Outcome(True, f"an attempt begins, for {who}")

        return self._ask("" if name == pauses.EVERY else name, begin)

    def _ask(self, name: str, function: Callable[[], Outcome]) -> Outcome:
        """Let the keeper's thread answer."""
        replies: Queue[Outcome] = Queue()

        def answer() -> None:
            try:
                known = name in self._kept or name == pauses.EVERY
                replies.put(function() if known else Outcome(False, f"there is no watch {name!r} here"))
            except OSError as error:
                replies.put(Outcome(False, f"it cannot be written down: {error}"))

        self._inbox.put(answer)
        try:
            return replies.get(timeout=ASKED_SECONDS)
        except Empty:
            return Outcome(False, "the keeper of watches does not answer")

    # ---- the keeper's own thread

    def _loop(self) -> None:
        wait_seconds = 0.0
        while True:
            try:
                todo = self._inbox.get(timeout=wait_seconds)
                while todo is not None:
                    self._do(todo)
                    todo = self._inbox.get_nowait()
                break
            except Empty:
                wait_seconds = self._turn()
        self._write()
        self._out.hand_on()

    def _do(self, todo: Callable[[], None]) -> None:
        try:
            todo()
        except Exception as error:  # whatever a kind of watch does wrong, the others are kept
            self._log.trouble("keeper", f"watches: {type(error).__name__}: {error}", "error")

    def _turn(self) -> float:
        """Do what is due, write down what changed, begin what was decided; return the seconds until the next turn."""
        self._now_ms()
        now = monotonic()
        if now - self._pauses_read >= PAUSES_SECONDS:
            self._do(self._read_pauses)
        self._looks.judge()
        self._acts.judge()
        blanket = now - self._ticked >= TICK_SECONDS
        self._ticked = now if blanket else self._ticked
        for kept in list(self._kept.values()):
            self._do(partial(self._mind, kept, blanket))
        self._write()
        self._do(self._begin_acts)
        self._do(self._publish)
        self._out.hand_on()  # now that what travels with the events is as new as they are
        return self._wait_seconds()

    def _mind(self, kept: Kept, blanket: bool) -> None:
        now_ms = self._now_ms()
        if blanket or (kept.state.due_ms and kept.state.due_ms <= now_ms):
            self._decide(kept, recovery.tick(kept.state, kept.policy, now_ms, _chance()))
        now = monotonic()
        if kept.looks_due(now):
            kept.looking = self._looks.start(kept.look(self._host, now_ms))
            if not kept.looking:  # the look before hangs: asking for another without a pause would turn in circles
                kept.looked = now

    def _wait_seconds(self) -> float:
        if not self._kept:
            return TICK_SECONDS
        now_ms, now = self._clock(), monotonic()
        waits = [PAUSES_SECONDS - (now - self._pauses_read), self._looks.due_seconds(), self._acts.due_seconds()]
        waits += [kept.wait_seconds(now_ms, now) for kept in self._kept.values()]
        return max(0.0, min(waits))

    def _decide(self, kept: Kept, decided: Decided) -> None:
        before, (kept.state, decisions) = kept.state, decided
        if kept.state._replace(seen_ms=0) != before._replace(seen_ms=0):
            kept.dirty = True
        for decision in decisions:
            if isinstance(decision, Act):
                self._planned.append(kept.name)
            else:
                self._out.tell(kept, decision, self._clock())

    def _begin_acts(self) -> None:
        planned, self._planned = self._planned, []
        for kept in [self._kept[name] for name in planned if name in self._kept]:
            function = kept.watch.repairs or kept.watch.repair
            budget = NAMED_ACTION_SECONDS if kept.watch.repairs else kept.watch.repair_seconds
            if not self._acts.start(Call(kept.name, partial(function, self._host, self._clock()), budget)):
                self._inbox.put(partial(self._concluded, kept.name, False, "the attempt before has not come back"))

    def _looked(self, name: str, answer: Answer) -> None:
        kept = self._kept.get(name)
        sight = kept.looked_at(answer, monotonic()) if kept is not None else None
        if kept is not None and sight is not None and not kept.watch.hears:
            self._seen(kept.watch, sight)

    def _seen(self, watch: Watch, sight: Sight) -> None:
        kept = self._kept.get(watch.name)
        if kept is None or kept.watch is not watch:
            return
        self._published = self._published and sight == kept.sight
        kept.sight = sight
        now_ms = self._now_ms()
        self._decide(kept, recovery.see(kept.state, sight, kept.policy, now_ms, _chance()))

    def _acted(self, name: str, answer: Answer) -> None:
        if answer.late:
            self._concluded(name, False, f"the attempt did not come back within {answer.seconds:g} s")
        elif answer.error is not None:
            self._concluded(name, False, str(answer.error) or type(answer.error).__name__)
        else:
            self._concluded(name, answer.value.done, answer.value.summary)

    def _concluded(self, name: str, done: bool, summary: str) -> None:
        kept = self._kept.get(name)
        if kept is not None:
            kept.looked = -inf
            now_ms = self._now_ms()
            self._decide(kept, recovery.acted(kept.state, done, summary, kept.policy, now_ms, _chance()))

    def _configure(self, given: Sequence[tuple[Watch, WatchSetting]]) -> None:
        self._now_ms()
        before, self._kept = self._kept, {}
        for watch, setting in given:
            kept = before.pop(watch.name, None)
            if kept is not None and kept.setting.kind == setting.kind:
                self._kept[watch.name] = kept
                kept.change(watch, setting, self._report)
            else:
                if kept is not None:
                    self._forget(kept)
                self._kept[watch.name] = self._take_up(watch, setting)
        for kept in before.values():
            self._forget(kept)
        self._read_pauses()
        for kept in self._kept.values():
            kept.dirty = True
            if kept.sight is not None:
                self._seen(kept.watch, kept.sight)

    def _take_up(self, watch: Watch, setting: WatchSetting) -> Kept:
        kept = Kept(watch, setting)
        state = self._memory.state(watch.name, setting.kind)
        if state is not None:
            self._decide(kept, recovery.revive(state, kept.policy, self._clock(), _chance()))
        kept.begin(self._report)
        return kept

    def _forget(self, kept: Kept) -> None:
        kept.end()
        self._decide(kept, recovery.forget(kept.state, kept.policy, self._clock()))
        self._memory.note(kept.name, kept.setting.kind, kept.state)
        self._changed = True

    def _report(self, watch: Watch, sight: Sight) -> None:
        """Take what a watch heard, from its own thread."""
        self._inbox.put(partial(self._seen, watch, sight))

    def _read_pauses(self) -> None:
        self._pauses_read = monotonic()
        now_ms = self._now_ms()
        found = pauses.read(self._folder, now_ms)
        for kept in self._kept.values():
            pause = pauses.of(kept.name, found)
            if pause is None and kept.state.paused:
                self._decide(kept, recovery.resume(kept.state, kept.policy, now_ms, _chance()))
            elif pause is not None and not (kept.state.paused and kept.until_ms == pause.until_ms):
                kept.until_ms = pause.until_ms
                self._decide(kept, recovery.pause(kept.state, pause.until_ms, kept.policy, now_ms, pause.why))

    def _now_ms(self) -> int:
        """Return the time, and move all states with it when the clock was set: to be asked before a state is."""
        now_ms, now = self._clock(), monotonic()
        jump_ms = now_ms - self._last_ms - round((now - self._last_monotonic) * 1000)
        self._last_ms, self._last_monotonic = now_ms, now
        if abs(jump_ms) > JUMP_MS:
            self._log.say("info", f"watches: the clock jumped by {jump_ms / 1000:.0f} s; all waits go on as they were")
            for kept in self._kept.values():
                kept.state = shift(kept.state, jump_ms)
                kept.dirty = True
        return now_ms

    def _write(self) -> None:
        """Write the states down where one changed: before anything is done."""
        changed = [kept for kept in self._kept.values() if kept.dirty]
        if not changed and not self._changed:
            return
        self._published = self._changed = False
        for kept in changed:
            kept.dirty = False
        try:
            self._memory.keep(
                {kept.name: (kept.setting.kind, kept.state) for kept in self._kept.values()}, self._clock()
            )
        except OSError as error:
            self._log.trouble("watches", f"what is tried for watches cannot be written down: {error}", "error")
        else:
            self._log.over("watches", "what is tried for watches can be written down again")

    def _publish(self) -> None:
        """Make ready how all watches stand, where that is new, or where a kind has something new to show of its own."""
        own = [kept.own_row() for kept in self._kept.values()]
        if not self._published or own != self._own:
            self._published, self._own = True, own
            self._result = result([kept.entry() for kept in self._kept.values()]) if self._kept else None


def _chance() -> float:
    """Return a random number from 0 to 1."""
    return int.from_bytes(os.urandom(6), "big") / (1 << 48)
