"""A worker that is killed with SIGKILL before any statement that it gives the database: the next one goes on.

The machine is a file: what was ordered and when. So it survives the worker, as a real one does.

A program of its own, `killed_worker.py FOLDER BLANK NOW_MS`, as it forks: in a child of a process with threads SQLite's
locks may be held by a thread that is not there any more.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import machines

from wakeful_collector.integrations.ollama import claims, machine, outlook, persisted, persisting, settings
from wakeful_collector.integrations.ollama.states import SLEEP, WAKE, Facts, Outcome, State
from wakeful_collector.read import gateway, gateway_history, gateway_leases
from wakeful_collector.store import soundness
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.integrations.ollama.settings import Machine

TICK_MS = 250
BOOTS_MS, STOPS_MS, CLAIM_SECONDS = 9_000, 4_000, 30
EVERY = 61
"""Of the statements in between the turns every so manieth is a point to be killed at; around a turn all of them."""


class Box:
    """The machine: two files in a folder, one with what was ordered of it, one with the time."""

    def __init__(self, folder: Path, now_ms: int) -> None:
        self.orders = folder / "orders"
        self.clock = folder / "clock"
        self.orders.touch()
        self.clock.write_text(str(now_ms))

    @property
    def now_ms(self) -> int:
        return int(self.clock.read_text())

    def pass_by(self) -> int:
        now_ms = self.now_ms + TICK_MS
        part = self.clock.with_suffix(".part")
        part.write_text(str(now_ms))
        part.replace(self.clock)
        return now_ms

    def order(self, act: str, now_ms: int) -> None:
        descriptor = os.open(self.orders, os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, f"{now_ms} {act}\n".encode())
        os.close(descriptor)

    def ordered(self) -> list[tuple[int, str]]:
        return [(int(line.split()[0]), line.split()[1]) for line in self.orders.read_text().splitlines()]

    def answers(self, now_ms: int) -> bool:
        is_on, changes_ms = False, 0
        for at_ms, act in self.ordered():
            if act == WAKE and not is_on and at_ms >= changes_ms:
                is_on, changes_ms = True, at_ms + BOOTS_MS
            elif act == SLEEP and is_on and at_ms >= changes_ms:
                is_on, changes_ms = False, at_ms + STOPS_MS
        return is_on and now_ms >= changes_ms


def live(data: Path, box: Box, one: Machine, before_statement: Callable[[str], None]) -> None:
    """Look after the machine until it sleeps again and nobody wants it, as the keeper does; acts end at once."""
    with changing_gateway(data) as connection:
        connection.set_trace_callback(before_statement)
    ended: Outcome | None = None
    policy = settings.policy(one)._replace(calm_seconds=5)
    for _ in range(4 * 600):
        now_ms = box.pass_by()
        known = persisted.known(data, one, now_ms)
        count = gateway_leases.count(data, "box", now_ms)
        facts = Facts(requests=count.waiting + count.running, claims=count.claims, act=ended)
        looks = outlook.looks(known.memory, facts, policy, now_ms)
        is_on = box.answers(now_ms)
        busy = None if not looks.busy else () if is_on else ("it does not answer",)
        facts = facts._replace(answers=is_on if looks.probe else None, busy=busy)
        step = machine.step(known.memory, facts, policy, now_ms)
        if not persisting.advance(data, one, known, step, now_ms):
            continue
        ended = None
        for act in step.acts:
            box.order(act, now_ms)
            ended = Outcome(act, True, "done")
        if step.memory.state is State.ASLEEP and not facts.is_wanted and box.ordered():
            return
    raise AssertionError("it never came to rest")


def in_child(work: Callable[[], None]) -> int:
    """Run something in a child and return how that ended: 0, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:  # pragma: no cover - another process, which is killed
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def begin(data: Path, folder: Path, now_ms: int) -> tuple[Box, Machine]:
    one = machines.add(data, sleep="ssh", ssh_user="root", idle_seconds=20, boot_seconds=60, stop_seconds=30)
    folder.mkdir()
    claims.claim(data, "box", "person", "user:ada", "", CLAIM_SECONDS, now_ms)
    return Box(folder, now_ms), one


def points(statements: list[str]) -> list[int]:
    """Return before which statements to be killed: all of a transaction that turns, some of the others."""
    found: set[int] = set(range(0, len(statements), EVERY))
    begun = 0
    for at, text in enumerate(statements):
        if text.startswith("BEGIN"):
            begun = at
        if text.startswith("INSERT INTO turns"):
            following = next((later for later in range(at, len(statements)) if statements[later] == "COMMIT"), at)
            found |= set(range(begun, following + 2))
    return sorted(at for at in found if at < len(statements))


def kill_everywhere(folder: Path, blank_data: Path, now_ms: int) -> int:
    """Let a worker live once, then kill one at each point; return how many points that were."""
    statements: list[str] = []
    data = Path(shutil.copytree(blank_data, folder / "data"))
    box, one = begin(data, folder / "whole", now_ms)
    live(data, box, one, statements.append)
    chosen = points(statements)
    with changing_gateway(data) as connection:
        connection.set_trace_callback(None)
    assert [act for _, act in box.ordered()] == [WAKE, SLEEP]
    for at in chosen:
        _killed_before(at, folder / f"at-{at}", blank_data, now_ms)
    return len(chosen)


def _killed_before(at: int, folder: Path, blank_data: Path, now_ms: int) -> None:
    data = folder / "data"
    folder.mkdir()
    shutil.copytree(blank_data, data)
    seen = [0]

    def kill(_: str) -> None:  # pragma: no cover - in a child, which it ends
        if seen[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen[0] += 1

    box, one = begin(data, folder / "box", now_ms)
    ended = in_child(lambda: live(data, box, one, kill))
    assert ended == -signal.SIGKILL, f"before statement {at}: {ended}"
    if not (box.ordered() and gateway.states(data)["box"].state == State.ASLEEP and box.ordered()[-1][1] == SLEEP):
        assert in_child(lambda: live(data, box, one, lambda _: None)) == 0, f"it does not go on after {at}"
    _is_whole(data, box, at)


def _is_whole(data: Path, box: Box, at: int) -> None:
    assert gateway.states(data)["box"].state == State.ASLEEP
    turns = gateway_history.turns(data, "box", 0)[::-1]
    assert [one.state for one in turns] == ["waking", "awake", "draining", "stopping", "asleep"], at
    assert [one.was for one in turns] == ["asleep", *(one.state for one in turns[:-1])]
    counted = {one.name: one.value for one in gateway_history.totals(data)}
    assert (counted["wakes"], counted["sleeps"]) == (1, 1)
    acts = [act for _, act in box.ordered()]
    assert acts.count(WAKE) in {1, 2}, "a packet more does no harm"
    assert acts.count(SLEEP) in {1, 2}
    assert soundness.integrity(data) == []


if __name__ == "__main__":
    print(kill_everywhere(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
