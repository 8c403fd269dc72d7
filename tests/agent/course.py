"""One watch over time, as a keeper would drive it through recovery."""

from __future__ import annotations

import json
from typing import Any

from wakeful_agent import recovery
from wakeful_agent.decision import Act, Policy, Tell
from wakeful_agent.standing import GIVEN_UP, State, document, parse
from wakeful_agent.watch import DOWN, UP, Sight

T0 = 1_763_716_800_000


class Course:
    """One watch over time, as a keeper would drive it; collects what was decided."""

    def __init__(self, fraction: float = 0.0, **policy: Any) -> None:
        self.policy = Policy(**policy)
        self.state = State()
        self.now_ms = T0
        self.fraction = fraction
        self.acts: list[tuple[int, Act]] = []
        self.told: list[tuple[str, dict[str, Any]]] = []

    def take(self, decided: tuple[State, list[Any]]) -> None:
        self.state, decisions = decided
        for one in decisions:
            if isinstance(one, Act):
                self.acts.append((self.now_ms, one))
            else:
                assert isinstance(one, Tell)
                self.told.append((one.kind, one.data))

    def see(self, state: str, detail: str = "", data: dict[str, Any] | None = None) -> Course:
        self.take(recovery.see(self.state, Sight(state, detail, data or {}), self.policy, self.now_ms, self.fraction))
        return self

    def after(self, seconds: float) -> Course:
        self.now_ms += round(seconds * 1000)
        self.take(recovery.tick(self.state, self.policy, self.now_ms, self.fraction))
        return self

    def acted(self, done: bool = True, summary: str = "start was asked for") -> Course:
        self.take(recovery.acted(self.state, done, summary, self.policy, self.now_ms, self.fraction))
        return self

    def pause(self, seconds: float = 0) -> Course:
        until_ms = self.now_ms + round(seconds * 1000) if seconds else 0
        self.take(recovery.pause(self.state, until_ms, self.policy, self.now_ms, "upgrade"))
        return self

    def resume(self) -> Course:
        self.take(recovery.resume(self.state, self.policy, self.now_ms, self.fraction))
        return self

    def repair(self) -> Course:
        self.take(recovery.repair(self.state, self.policy, self.now_ms, self.fraction))
        return self

    def restart(self) -> Course:
        kept = parse(json.loads(json.dumps(document(self.state))))
        self.take(recovery.revive(kept, self.policy, self.now_ms, self.fraction))
        return self

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]

    def data(self, kind: str) -> dict[str, Any]:
        return [data for told, data in self.told if told == kind][-1]


def fallen(**policy: Any) -> Course:
    """A watch that was up and has just been acted on."""
    return Course(**policy).see(UP).after(60).see(DOWN, "exit code 1").after(5)


def spent(**policy: Any) -> Course:
    """A watch that was given up."""
    course = fallen(**policy)
    for _ in range(20):
        if course.state.phase == GIVEN_UP:
            break
        course.acted(False, "no").after(700)
    return course
