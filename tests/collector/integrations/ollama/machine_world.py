"""A machine, its network and those who want it, simulated second by second: what the state machine has to live with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama import machine, outlook
from wakeful_collector.integrations.ollama.states import (
    FORCE,
    SERVING,
    SLEEP,
    WAKE,
    Facts,
    Memory,
    Outcome,
    Policy,
    State,
    Step,
    first,
    remembered,
)

if TYPE_CHECKING:
    from collections.abc import Callable

TICK_MS = 250
PROBE_MS = 1_000
POLICY = Policy(
    boot_seconds=60,
    idle_seconds=120,
    drain_seconds=5,
    stop_seconds=40,
    cool_seconds=30,
    packet_seconds=10,
    calm_seconds=20,
    retry_seconds=100,
    retry_max_seconds=800,
)


@dataclass
class Nature:
    """How things go in this world: shares of 1, and durations in seconds."""

    boots_seconds: float = 20
    stops_seconds: float = 8
    packet_lost: float = 0.0
    sleep_fails: float = 0.0
    wake_fails: float = 0.0
    never_boots: bool = False
    probe_lost: float = 0.0
    kills: float = 0.0
    can_wake: bool = True
    can_sleep: bool = True


@dataclass
class Wish:
    """One who wants the machine: a request, or a claim."""

    begun_ms: int
    lasts_ms: int
    kind: str = "request"
    admitted_ms: int | None = None
    ended_ms: int | None = None
    refused: bool = False


@dataclass
class World:
    """The machine and all around it; `tick` lets a quarter of a second pass."""

    random: Random
    nature: Nature
    policy: Policy = POLICY
    now_ms: int = 1_000_000
    memory: Memory = field(init=False)
    power: str = "off"
    changes_ms: int = 0
    wishes: list[Wish] = field(default_factory=list)
    permanent: bool = False
    asked: str = ""
    busy: tuple[str, ...] = ()
    acting: dict[str, tuple[int, Outcome]] = field(default_factory=dict)
    ended: list[Outcome] = field(default_factory=list)
    probe: tuple[int, bool] | None = None
    look: tuple[int, tuple[str, ...]] | None = None
    steps: list[tuple[int, Facts, Memory, Step]] = field(default_factory=list)
    packets: int = 0
    watch: Callable[[World, Memory, Facts, Step], None] = lambda *_: None

    def __post_init__(self) -> None:
        self.memory = first(self.nature.can_wake, self.now_ms)

    @property
    def is_up(self) -> bool:
        """Return whether its service answers."""
        return self.power == "on"

    def living(self, kind: str | None = None) -> list[Wish]:
        """Return those who want the machine now."""
        return [one for one in self.wishes if one.ended_ms is None and (kind is None or one.kind == kind)]

    def want(self, seconds: float, kind: str = "request") -> Wish:
        """Let somebody come who uses the machine for so long once admitted (a claim: from now on)."""
        wish = Wish(self.now_ms, round(seconds * 1000), kind)
        chance = outlook.prospect(self.memory, self.nature.can_wake, self.policy, self.now_ms)
        if kind == "request" and chance.verdict == outlook.REFUSE:
            wish.refused, wish.ended_ms = True, self.now_ms
        elif kind == "request" and chance.verdict == outlook.SERVE:
            wish.admitted_ms = self.now_ms
        self.wishes.append(wish)
        return wish

    def run(self, seconds: float) -> World:
        """Let time pass."""
        for _ in range(round(seconds * 1000 / TICK_MS)):
            self.tick()
        return self

    def run_until(self, state: State, seconds: float = 600) -> bool:
        """Let time pass until the machine is in a state; False when it is not in time."""
        for _ in range(round(seconds * 1000 / TICK_MS)):
            if self.memory.state is state:
                return True
            self.tick()
        return False

    def tick(self) -> None:
        """Let a quarter of a second pass."""
        self.now_ms += TICK_MS
        self._physics()
        if self.random.random() < self.nature.kills:
            self._kill()
        self._serve()
        for name, (ends_ms, outcome) in list(self.acting.items()):
            if self.now_ms >= ends_ms:
                del self.acting[name]
                self.ended.append(outcome)
        facts = self._facts()
        before = self.memory
        step = machine.step(before, facts, self.policy, self.now_ms)
        if self._is_claimed(step):
            return
        self.memory = _through_json(step.memory)
        if step.consumed:
            self.asked = ""
        self.steps.append((self.now_ms, facts, before, step))
        self.watch(self, before, facts, step)
        for act in step.acts:
            self._begin(act)

    def _facts(self) -> Facts:
        answers = busy = None
        if self.probe is not None and self.now_ms >= self.probe[0]:
            answers, self.probe = self.probe[1], None
        if self.look is not None and self.now_ms >= self.look[0]:
            busy, self.look = self.look[1], None
        facts = Facts(
            answers=answers,
            requests=len(self.living("request")),
            claims=len(self.living("claim")),
            permanent=self.permanent,
            asked=self.asked,
            asked_by="user:ada" if self.asked else "",
            busy=busy,
            can_wake=self.nature.can_wake,
            can_sleep=self.nature.can_sleep,
            act=self.ended.pop(0) if self.ended else None,
            acting=frozenset(self.acting),
        )
        looks = outlook.looks(self.memory, facts, self.policy, self.now_ms)
        if looks.probe and self.probe is None and answers is None:
            heard = self.is_up and self.random.random() >= self.nature.probe_lost
            self.probe = (self.now_ms + (TICK_MS if heard else PROBE_MS), heard)
        if looks.busy and self.look is None and busy is None:
            self.look = (self.now_ms + TICK_MS, self.busy if self.is_up else ("it could not be asked",))
        return facts

    def _is_claimed(self, step: Step) -> bool:
        """Return whether somebody came between the facts and the step, as the store would see."""
        stops = step.turn is not None and step.memory.state is State.STOPPING and not step.forced
        return stops and bool(self.living() or self.permanent)

    def _physics(self) -> None:
        if self.power == "booting" and self.now_ms >= self.changes_ms and not self.nature.never_boots:
            self.power = "on"
        elif self.power == "stopping" and self.now_ms >= self.changes_ms:
            self.power = "off"

    def _begin(self, act: str) -> None:
        seconds = self.random.uniform(0.1, 3)
        fails = self.random.random() < (self.nature.wake_fails if act == WAKE else self.nature.sleep_fails)
        outcome = Outcome(act, not fails, f"{act} failed" if fails else f"{act} done")
        self.acting[act] = (self.now_ms + round(seconds * 1000), outcome)
        if fails:
            return
        if act == WAKE:
            self.packets += 1
            if self.power == "off" and self.random.random() >= self.nature.packet_lost:
                self.power, self.changes_ms = "booting", self.now_ms + round(self.nature.boots_seconds * 1000)
        elif self.power == "on":
            self.power, self.changes_ms = "stopping", self.now_ms + round(self.nature.stops_seconds * 1000)

    def _serve(self) -> None:
        """Let requests come and go as the desk does it."""
        chance = outlook.prospect(self.memory, self.nature.can_wake, self.policy, self.now_ms)
        for one in self.living():
            if one.kind == "claim":
                if self.now_ms >= one.begun_ms + one.lasts_ms:
                    one.ended_ms = self.now_ms
            elif one.admitted_ms is not None:
                if self.now_ms >= one.admitted_ms + one.lasts_ms or not self.is_up:
                    one.ended_ms = self.now_ms
            elif self.memory.state in SERVING:
                one.admitted_ms = self.now_ms
            elif chance.verdict == outlook.REFUSE:
                one.refused, one.ended_ms = True, self.now_ms

    def _kill(self) -> None:
        """End the worker and start it anew: what was under way goes on or not, and nobody hears of it."""
        self.acting.clear()
        self.ended.clear()
        self.probe = self.look = None

    def meddle(self) -> None:
        """Let something happen that nobody planned."""
        dice = self.random.random()
        if dice < 0.004:
            self.want(self.random.uniform(0, 60))
        elif dice < 0.005:
            self.want(self.random.uniform(5, 200), "claim")
        elif dice < 0.006:
            self.asked = self.random.choice((WAKE, SLEEP, FORCE))
        elif dice < 0.0065:
            self.power = self.random.choice(("on", "off"))
        elif dice < 0.007:
            self.busy = self.random.choice(((), (), ("llama3 is loaded",)))
        elif dice < 0.0073:
            self.permanent = not self.permanent and self.random.random() < 0.3


def _through_json(memory: Memory) -> Memory:
    """Return a memory as it comes back from the table."""
    return remembered(memory.state, memory.since_ms, memory.reason, json.loads(json.dumps(memory.stored())))


def states(found: World) -> list[State]:
    """Return the states that a machine was in, one after the other."""
    return [step.turn.state for _, _, _, step in found.steps if step.turn is not None]


def said(found: World) -> list[str]:
    """Return what there was to tell."""
    return [word for _, _, _, step in found.steps for word in step.said]


def acts(found: World) -> list[str]:
    """Return what was ordered."""
    return [act for _, _, _, step in found.steps for act in step.acts]


def world(seed: int = 1, **nature: Any) -> World:
    """Return a world in which things go so."""
    return World(Random(seed), Nature(**nature))


def awake(**nature: Any) -> World:
    """Return a world in which the machine is awake."""
    found = world(**nature)
    found.power = "on"
    assert found.run_until(State.AWAKE)
    return found


NOW = 1_795_000_000_000


def at(state: State, **memory: Any) -> Memory:
    """Return the memory of a machine that is in a state for ten seconds."""
    return Memory(state, NOW - 10_000, probed_ms=NOW - 1_000)._replace(**memory)


def go(memory: Memory, seconds_later: float = 0, **facts: Any) -> Step:
    """Return what follows from such a memory and such facts."""
    return machine.step(memory, Facts(**facts), POLICY, NOW + round(seconds_later * 1000))
