"""The job that keeps the machines of the gateway: looks, decides, wakes, puts to sleep.

The worker runs it in one thread, four times a second. What takes long (probes, looks, packets, SSH) runs in lanes
beside; what came of it goes into the next turn's facts. What is decided is kept before it is done, so that a worker
that is killed at any point goes on where it was.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import (
    expecting,
    looking,
    outlook,
    persisting,
    sealed,
    settings,
    sleeping,
    waking,
)
from wakeful_collector.integrations.ollama import machine as decision
from wakeful_collector.integrations.ollama.lane import Lane
from wakeful_collector.integrations.ollama.states import FORCE, SERVING, SLEEP, SLEPT, WAKE, Facts, Outcome, State
from wakeful_collector.job import Job
from wakeful_collector.model.story import plain
from wakeful_collector.read import gateway, gateway_leases
from wakeful_collector.read import gateway_history as history
from wakeful_collector.store import gateway_history
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.ollama.persisting import Known
    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.integrations.ollama.states import Memory, Step

log = logging.getLogger("wakeful.gateway")

TURN_SECONDS = 0.25
COUNT_SECONDS = 10.0
REFRESH_SECONDS = 60.0
COUNTED_SECONDS_MAX = 60.0
"""The longest time between two counts that is taken for time of this state; a suspended collector saw nothing."""
FORCE_SECONDS = 300
"""How long somebody's wish to have it asleep whoever uses it holds; one found later (no worker ran) minds them."""
LOG_EVERY_FAILURES = 240
DETAIL_CHARACTERS_MAX = 1_000


class Attendant:
    """Whoever looks after one machine: what is under way for it in this process, and when it did what last."""

    def __init__(self, name: str) -> None:
        self._probe: Lane[bool] = Lane(f"gateway-{name}-probe", lambda _: False)
        self._look: Lane[tuple[str, ...]] = Lane(f"gateway-{name}-look", lambda error: (f"it cannot be seen: {error}",))
        self._refresh: Lane[int] = Lane(f"gateway-{name}-refresh", lambda _: 0)
        self._acts: dict[str, Lane[Outcome]] = {
            act: Lane(f"gateway-{name}-{act}", partial(_failed, act)) for act in (WAKE, SLEEP)
        }
        self._refreshed_ms = 0
        self._counted_ms = 0
        self._served: float | None = None
        self.failures = 0

    def turn(self, data: Path, machine: Machine, now_ms: int) -> None:
        """Take one turn: gather, decide, keep, act."""
        known = persisting.known(data, machine, now_ms)
        served = history.served(data, machine.name)
        facts = self._facts(data, machine, known, now_ms)._replace(served=self._served not in {None, served})
        self._gather(data, machine, known, facts, now_ms)
        ended = next((lane for lane in self._acts.values() if lane.result() is not None), None)
        facts = facts._replace(
            answers=self._probe.result(),
            busy=self._look.result(known.memory.since_ms),
            act=None if ended is None else ended.result(),
        )
        memory = _mended(data, known.memory, machine.name, now_ms)
        step = decision.step(memory, facts, settings.policy(machine), now_ms)
        if not persisting.advance(data, machine, known, step, now_ms):
            return  # what was seen stays for the next turn
        self._served = served
        if facts.answers is not None:
            self._probe.take()
        if facts.busy is not None:
            self._look.take()
        if ended is not None:
            ended.take()
        for act in step.acts:
            self._begin(act, data, machine)
        self._tell(data, machine, step, now_ms)
        self._afterwards(data, machine, step.memory.state, now_ms)

    def _facts(self, data: Path, machine: Machine, known: Known, now_ms: int) -> Facts:
        count = gateway_leases.count(data, machine.name, now_ms)
        asked = known.asked
        what = asked.what if asked else ""
        if asked and what == FORCE and now_ms - asked.at_ms > FORCE_SECONDS * 1000:
            what = SLEEP
        return Facts(
            requests=count.waiting + count.running,
            claims=count.claims,
            permanent=known.permanent,
            asked=what,
            asked_by=asked.by if asked else "",
            can_wake=machine.can_wake,
            can_sleep=machine.can_sleep,
            acting=frozenset(act for act, lane in self._acts.items() if lane.is_busy),
        )

    def _gather(self, data: Path, machine: Machine, known: Known, facts: Facts, now_ms: int) -> None:
        """Begin to look at what has to be seen; a look that began in another state says nothing of this one."""
        wanted = outlook.looks(known.memory, facts, settings.policy(machine), now_ms)
        if wanted.probe:
            self._probe.begin(lambda: looking.answers(machine, sealed.upstream_key(data, machine.name)))
        if wanted.busy:
            self._look.begin(
                lambda: looking.reasons(data, machine, sealed.upstream_key(data, machine.name), clock.now_ms()),
                known.memory.since_ms,
            )

    def _begin(self, act: str, data: Path, machine: Machine) -> None:
        secrets = partial(sealed.secrets, data, machine.name)
        if act == WAKE:
            self._acts[act].begin(lambda: _told(waking.call(data, machine, secrets(), clock.now_ms())))
        else:
            self._acts[act].begin(lambda: _told(sleeping.order(data, machine, secrets())))

    def _tell(self, data: Path, machine: Machine, step: Step, now_ms: int) -> None:
        if step.turn is None:
            return
        log.info("%s is %s: %s (%s)", machine.name, step.turn.state, step.turn.reason, step.turn.by)
        if machine.host and SLEPT in step.said:
            expecting.asleep(data, machine.host, now_ms)
        elif machine.host and step.turn.state is State.AWAKE and step.turn.was not in SERVING:
            expecting.awake(data, machine.host, now_ms)

    def _afterwards(self, data: Path, machine: Machine, state: State, now_ms: int) -> None:
        """Keep what pollers are told fresh while it is awake, and count the time."""
        self._refresh.take()
        if state not in SERVING:
            self._refreshed_ms = 0
        elif not 0 <= now_ms - self._refreshed_ms < REFRESH_SECONDS * 1000:
            self._refreshed_ms = now_ms
            self._refresh.begin(lambda: looking.refresh(data, machine, sealed.upstream_key(data, machine.name)))
        seconds = (now_ms - self._counted_ms) / 1000
        if self._counted_ms and 0 <= seconds < COUNT_SECONDS:
            return
        if self._counted_ms and 0 < seconds <= COUNTED_SECONDS_MAX:
            _count(data, machine.name, state, seconds)
        self._counted_ms = now_ms


class Keeper:
    """Keeps every machine; one that fails costs the others nothing."""

    def __init__(self) -> None:
        self._attendants: dict[Path, dict[str, Attendant]] = {}

    def __call__(self, data: Path, _settings: Settings, now_ms: int) -> None:
        """Take one turn for each machine; raises what went wrong where it went wrong with all of them."""
        attendants = self._attendants.setdefault(data, {})
        machines = settings.machines(data)
        for name in set(attendants) - {one.name for one in machines}:
            del attendants[name]
        problems = []
        for machine in machines:
            attendant = attendants.setdefault(machine.name, Attendant(machine.name))
            try:
                attendant.turn(data, machine, now_ms)
            except Exception as error:
                problems.append(error)
                if attendant.failures % LOG_EVERY_FAILURES == 0:
                    log.exception("the machine %s could not be looked after", machine.name)
                attendant.failures += 1
            else:
                attendant.failures = 0
        if problems and len(problems) == len(machines):
            raise problems[0]


def _mended(data: Path, memory: Memory, name: str, now_ms: int) -> Memory:
    """Return it without the pause after a failed order to sleep, if somebody changed since what that may have been."""
    if memory.retry_ms <= now_ms:
        return memory
    row = gateway.machine(data, name)
    changed = [one.pinned_ms for one in gateway.host_keys(data, name)] + ([] if row is None else [row.changed_ms])
    return memory._replace(retry_ms=0) if max(changed, default=0) > memory.failed_ms else memory


def _told(outcome: Outcome) -> Outcome:
    """Return an outcome fit for logs and pages: what agents, hosts and programs say of it is hostile text."""
    return outcome._replace(detail=plain(outcome.detail, DETAIL_CHARACTERS_MAX))


def _failed(act: str, error: Exception) -> Outcome:
    return Outcome(act, False, f"{type(error).__name__}: it could not be done, the collector's log says why")


def _count(data: Path, name: str, state: State, seconds: float) -> None:
    """Count the time: that it was seen at all, and that of it in which it was on or asleep."""
    if state is State.UNREACHABLE:
        return
    counted = {State.AWAKE: "awake_seconds", State.DRAINING: "awake_seconds", State.STOPPING: "awake_seconds"}
    with changing_gateway(data) as connection:
        gateway_history.count(connection, name, "seen_seconds", value=seconds)
        if state in counted or state is State.ASLEEP:
            gateway_history.count(connection, name, counted.get(state, "asleep_seconds"), value=seconds)


JOBS: tuple[Job, ...] = (Job("gateway", TURN_SECONDS, Keeper()),)
