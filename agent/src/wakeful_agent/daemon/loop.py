"""The daemon: one tick after the other on the grid, whatever the collector, the clock or a meter does."""

from __future__ import annotations

import time

from wakeful_agent import capabilities
from wakeful_agent.config import ConfigErrors
from wakeful_agent.daemon import events, grid
from wakeful_agent.daemon.beside import Beside
from wakeful_agent.daemon.columns import Columns
from wakeful_agent.daemon.tuning import interval_seconds, pause_seconds
from wakeful_agent.meter import DISABLED, Collected, Probe, Result
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Protocol, Sequence

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.config import Config
    from wakeful_agent.daemon.composing import Composer
    from wakeful_agent.daemon.ears import Ears
    from wakeful_agent.daemon.tuned import Tuned
    from wakeful_agent.host.log import Log
    from wakeful_agent.host.notify import Notifier
    from wakeful_agent.runner import Runner

    class Outbox(Protocol):
        """Where pushes go: kept on disk first, sent when it is possible."""

        @property
        def trouble(self) -> str:
            """Return why pushes cannot be kept on disk; empty when they can."""

        @property
        def unreported(self) -> int:
            """Return how many dropped pushes are still to be told of; 0 while a push that does waits."""

        def put_schema(self, schema: str, series: list[Any]) -> None:
            """Keep a series list."""

        def put(self, push: dict[str, Any], time_ms: int) -> None:
            """Keep a push and let it be sent."""

        def reconfigure(self, config: Config, request_timeout_seconds: float) -> None:
            """Take new settings."""

        def stop(self) -> None:
            """Try the newest push a last time and end."""


PROBE_SECONDS = 300.0
SEEK_ASIDE_SECONDS = 60.0
DUE_SLACK_SECONDS = 0.3
DROPPED_SAID_SECONDS = 3600.0


class Parts(NamedTuple):
    """What the daemon is made of; `reload` reads agent.toml again and raises ConfigErrors."""

    agent_id: str
    enrolled_ms: int
    runner: Runner
    probes: Sequence[Probe]
    outbox: Outbox
    ears: Ears
    tuned: Tuned
    composer: Composer
    notifier: Notifier
    log: Log
    hello: Callable[[Config, list[Capability], Tuned], dict[str, Any]]
    reload: Callable[[], Config]
    now_ms: Callable[[], int]
    show: Callable[[Mapping[str, Result]], None] = lambda _results: None
    """Told the results of each tick, for who shows them to programs of this machine."""
    beside: Beside = Beside()


class Daemon:
    """Runs until a signal says stop."""

    def __init__(self, parts: Parts, config: Config) -> None:
        self._parts = parts
        self._config = config
        self._columns = Columns()
        self._jitter = grid.jitter_ms(parts.agent_id)
        self._schema = ""
        self._last_ms = 0
        self._last_monotonic = time.monotonic()
        self._live_until_ms = 0
        self._ran: dict[str, float] = {}
        self._outcomes: dict[str, str] = {}
        self._capabilities: list[Capability] = []
        self._probed = 0.0
        self._sought = 0.0
        self._introduced = False
        self._hello: dict[str, Any] = {}
        self._dropped_said = -DROPPED_SAID_SECONDS
        self._cut = 0

    def run(self) -> str:
        """Tick until told to stop; return the name of the signal."""
        parts = self._parts
        parts.ears.listen()
        parts.beside.configure(self._config)
        self._look()
        self._settle()
        self._probe()
        parts.composer.tell(events.event(events.STARTED, parts.now_ms(), **self._started()))
        planned_ms = parts.now_ms()
        self._tick(planned_ms)
        parts.notifier.ready(self._status())
        while not parts.ears.stop:
            planned_ms = self._rest(planned_ms)
            self._hear()
            if not parts.ears.stop and parts.now_ms() >= planned_ms:
                self._tick(planned_ms)
                if time.monotonic() - self._probed >= PROBE_SECONDS:
                    self._probe()
        self._finish()
        return parts.ears.stop

    def _interval_ms(self, now_ms: int) -> int:
        plan, parts = self._parts.tuned.plan, self._parts
        return round(interval_seconds(plan, now_ms, parts.enrolled_ms, self._live_until_ms) * 1000)

    def _rest(self, planned_ms: int) -> int:
        """Sleep towards the next tick, or until something happens; return when that tick is."""
        parts = self._parts
        now_ms = parts.now_ms()
        interval_ms = self._interval_ms(now_ms)
        next_ms = grid.next_ms(now_ms, interval_ms, self._jitter)
        if now_ms < planned_ms < next_ms:
            next_ms = planned_ms
        wait_seconds = min((next_ms - now_ms) / 1000, parts.beside.due_seconds())
        if parts.notifier.watchdog_seconds:
            wait_seconds = min(wait_seconds, parts.notifier.watchdog_seconds / 3)
        parts.ears.sleep(wait_seconds)
        if parts.notifier.watchdog_seconds:
            parts.notifier.alive()
        return next_ms

    def _tick(self, planned_ms: int) -> None:
        parts, plan = self._parts, self._parts.tuned.plan
        now_ms, monotonic = parts.now_ms(), time.monotonic()
        interval_ms = self._interval_ms(now_ms)
        elapsed_ms = int((monotonic - self._last_monotonic) * 1000)
        time_ms = grid.stamp_ms(planned_ms, now_ms, self._last_ms, elapsed_ms, interval_ms)
        self._seek(monotonic)
        collected = self._collect(time_ms, monotonic) if plan.enabled else Collected(time_ms, {})
        self._compare()
        results = {**collected.results, **parts.beside.results()}
        parts.show(results)
        ticks = []
        if plan.enabled:
            ticks.append([time_ms, self._columns.row(results, time_ms)])
            self._last_ms, self._last_monotonic = time_ms, monotonic
            self._watch_columns(now_ms)
        self._push(ticks, results, time_ms)
        self._watch_outbox(now_ms, monotonic)

    def _collect(self, time_ms: int, monotonic: float) -> Collected:
        parts, due = self._parts, []
        switched_on = parts.tuned.switched_on()
        for name, plan in parts.tuned.plan.meters.items():
            aside = parts.runner.meters[name].aside
            pause = pause_seconds(plan, self._outcomes.get(name, ""), aside, name in switched_on)
            left = pause - DUE_SLACK_SECONDS - (monotonic - self._ran.get(name, -1e9))
            if plan.enabled and (pause <= 0 or left <= 0):
                self._ran[name] = monotonic
                due.append(name)
        collected = parts.runner.collect(time_ms, due, wait=False)
        for name in parts.runner.take_stale():
            self._ran.pop(name, None)
        meters = parts.tuned.plan.meters
        # What ran aside may come back when its meter has been switched off meanwhile.
        results = {name: one for name, one in collected.results.items() if meters[name].enabled}
        self._outcomes.update((name, one.outcome) for name, one in results.items())
        return Collected(time_ms, results)

    def _push(self, ticks: list[list[Any]], results: Mapping[str, Result], time_ms: int) -> None:
        parts = self._parts
        if self._columns.schema != self._schema:
            self._schema = self._columns.schema
            parts.outbox.put_schema(self._schema, self._columns.document())
        push = parts.composer.compose(self._hello, self._schema, ticks, results)
        for part in reversed(parts.composer.split(push)):
            parts.outbox.put(part, time_ms)

    def _watch_columns(self, now_ms: int) -> None:
        if self._columns.cut != self._cut:
            self._cut = self._columns.cut
            if self._cut:
                text = f"{self._cut} series are left out: a push takes no more. Switch off a meter in agent.toml"
                self._parts.log.trouble("series", text)
                self._parts.composer.tell(events.event(events.SERIES_CUT, now_ms, series=self._cut))

    def _watch_outbox(self, now_ms: int, monotonic: float) -> None:
        parts = self._parts
        if parts.outbox.trouble:
            if parts.log.trouble("spool", parts.outbox.trouble, "error"):
                event = events.event(events.SPOOL_UNWRITABLE, now_ms, error=parts.outbox.trouble)
                parts.composer.tell(event)
        else:
            parts.log.over("spool", "the spool can be written again")
        dropped = parts.outbox.unreported
        if not dropped:
            return
        if monotonic - self._dropped_said >= DROPPED_SAID_SECONDS:
            self._dropped_said = monotonic
            text = f"{dropped} pushes were dropped: the spool is at its bound (spool.size_mb, spool.age_days)"
            parts.log.say("warning", text)
        parts.composer.tell(events.event(events.SPOOL_DROPPED, now_ms, pushes=dropped))

    def _hear(self) -> None:
        parts = self._parts
        if parts.ears.reload:
            parts.ears.reload = False
            self._reload()
        while parts.ears.refusals:
            self._refused(parts.ears.refusals.popleft())
        while parts.ears.answers:
            answer = parts.ears.answers.popleft()
            self._live_until_ms = answer.live_until_ms
            if answer.wants:
                parts.composer.want(answer.wants)
            if answer.config is not None:
                self._tune(answer.config)
            parts.beside.ask(answer.commands)
        if parts.beside.speak(parts.composer):
            self._push([], parts.beside.results(), max(parts.now_ms(), self._last_ms))

    def _tune(self, document: dict[str, Any]) -> None:
        parts = self._parts
        problems = parts.tuned.ask(document)
        if problems is None:
            return
        if problems:
            refused = parts.tuned.refused or {}
            parts.log.say(
                "warning", f"what the collector tuned is refused, the old settings stay: {'; '.join(problems)}"
            )
            event = events.event(
                events.CONFIG_REFUSED, parts.now_ms(), hash=refused.get("hash", ""), problems=problems[:20]
            )
            parts.composer.tell(event)
        else:
            parts.log.say("info", "what the collector tuned is in force")
            parts.composer.tell(events.event(events.CONFIG_APPLIED, parts.now_ms(), hash=parts.tuned.hash))
            self._settle()
        self._greet()

    def _refused(self, code: str) -> None:
        parts = self._parts
        parts.composer.want(["hello"])
        now_ms = parts.now_ms()
        if code == "clock_ahead":
            if now_ms < self._last_ms:
                self._last_ms = 0
                parts.composer.begin_run()
                parts.log.say("warning", "the clock was set back; a new run begins at its time")
                parts.composer.tell(events.event(events.CLOCK_JUMPED, now_ms))
            else:
                parts.log.trouble("clock", "this machine's clock is ahead of the collector's: set it, or run NTP")
        parts.composer.tell(events.event(events.PUSH_REFUSED, now_ms, code=code))

    def _reload(self) -> None:
        parts = self._parts
        parts.notifier.reloading()
        status = ""
        try:
            self._config = parts.reload()
        except ConfigErrors as error:
            for problem in error.problems:
                parts.log.say("error", str(problem))
            status = "agent.toml is wrong: the settings that were in force stay in force"
            parts.log.say("error", status)
            lines = [str(problem) for problem in error.problems[:20]]
            parts.composer.tell(events.event(events.FILE_REFUSED, parts.now_ms(), problems=lines))
        else:
            for sentence in parts.tuned.take_config(self._config):
                parts.log.say("warning", f"what the collector tuned is no longer permitted here: {sentence}")
            parts.log.set_level(self._config.log_level)
            self._settle()
            parts.beside.configure(self._config)
            parts.log.say("info", "agent.toml was read again and is in force")
            parts.composer.tell(events.event(events.RELOADED, parts.now_ms()))
        parts.runner.forget_refusals()
        self._probe()
        self._greet()
        parts.notifier.reloaded(status or self._status(), not status)

    def _settle(self) -> None:
        """Put the plan into force."""
        self._outcomes.clear()
        parts, plan = self._parts, self._parts.tuned.plan
        off = {}
        for name, chosen in plan.meters.items():
            if chosen.enabled:
                if parts.runner.configure(name, chosen.options):
                    self._ran.pop(name, None)
            else:
                off[name] = Result(DISABLED)
                self._columns.forget(name)
                self._ran.pop(name, None)
        parts.composer.note(off)
        parts.show(off)
        parts.outbox.reconfigure(self._config, plan.request_timeout_seconds)

    def _look(self) -> bool:
        """Take up optional meters whose subject appeared; tells whether any came or went."""
        parts = self._parts
        changed = parts.runner.look(parts.tuned.spoken_of(), parts.tuned.switched_off())
        if changed:
            parts.tuned.renew()
        return changed

    def _seek(self, monotonic: float) -> None:
        """Look for what agent.toml switches on and is missing: each tick where that is cheap, else each minute."""
        parts = self._parts
        wanted = parts.tuned.switched_on()
        came = parts.runner.look_for(wanted)
        if came:
            parts.tuned.renew()
            self._settle()
        lacking = {item.name for item in self._capabilities if not item.available}
        again = [name for name in wanted if name in lacking and parts.runner.meters.absent(name) is None]
        if monotonic - self._sought < SEEK_ASIDE_SECONDS and not came:
            again = [name for name in again if not parts.runner.meters[name].aside]
        else:
            self._sought = monotonic
        if again:
            parts.runner.probe(wait=False, names=again)

    def _probe(self) -> None:
        parts = self._parts
        if self._look():
            self._settle()
        parts.runner.probe(parts.probes, wait=False)
        self._probed = time.monotonic()
        self._compare()
        self._greet()  # networks come and go without any capability that does

    def _compare(self) -> None:
        """Tell what came or went of what can be done here."""
        parts = self._parts
        found = parts.runner.capabilities()
        if not self._introduced and not parts.runner.probing:
            self._introduced = True
            for line in capabilities.summary(found, parts.runner.absent()):
                parts.log.say("info", line)
        if found == self._capabilities:
            return
        before = {item.name: item for item in self._capabilities}
        for sentence in capabilities.flips(self._capabilities, found):
            parts.log.say("info", sentence)
        for item in found:
            if item.name in before and before[item.name].available != item.available:
                data = {"available": item.available, "reason": item.reason}
                parts.composer.tell(events.event(events.CAPABILITY_CHANGED, parts.now_ms(), item.name, **data))
        self._capabilities = found
        self._greet()

    def _greet(self) -> None:
        """Make hello anew; it is told with the next push when something in it is new."""
        hello = self._parts.hello(self._config, self._capabilities, self._parts.tuned)
        if hello != self._hello:
            self._hello = hello

    def _started(self) -> dict[str, Any]:
        told = {name: self._hello.get(name) for name in ("version", "python")}
        return {**told, "run": self._parts.composer.run}

    def _status(self) -> str:
        return f"Sampling every {self._interval_ms(self._parts.now_ms()) / 1000:g} s"

    def _finish(self) -> None:
        parts = self._parts
        parts.notifier.stopping()
        parts.log.say("info", f"stopping on {parts.ears.stop}")
        now_ms = max(parts.now_ms(), self._last_ms + 1)
        parts.beside.speak(parts.composer)
        parts.composer.tell(events.event(events.STOPPED, now_ms, signal=parts.ears.stop))
        self._push([], {}, now_ms)
        parts.outbox.stop()
        parts.beside.close()
        if parts.beside.speak(parts.composer):  # what came about while the last push was tried leaves after a start
            self._push([], {}, now_ms + 1)
        parts.runner.close()
        parts.ears.close()
