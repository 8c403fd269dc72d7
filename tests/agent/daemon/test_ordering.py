"""Commands, from the answer that brings them to the result that leaves."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Iterator

import pytest

from wakeful_agent.action import Outcome
from wakeful_agent.config.orders import Policy
from wakeful_agent.daemon import ordering
from wakeful_agent.host.errors import Denied
from wakeful_wire.answer import Command

from ..conftest import until
from .desk import NOW_MS, Bench, Ring

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path, heard: Any) -> Iterator[Bench]:
    made = Bench(tmp_path, heard)
    yield made
    made.orders.close()


def test_a_command_runs_and_its_result_leaves_at_once(bench: Bench) -> None:
    bench.ask("c1", bell="big")
    assert bench.woken.wait(20)
    results, urgent = bench.orders.news()
    assert urgent
    (result,) = results
    assert (result["command"], result["state"]) == ("c1", "done")
    assert result["data"] == {
        "summary": "it rang",
        "data": {"bell": "big"},
        "started_ms": NOW_MS,
        "ended_ms": NOW_MS,
    }
    assert bench.orders.news() == ([], False)
    assert bench.ring.rung == [{"bell": "big"}]


def test_defaults_are_filled_in(bench: Bench) -> None:
    bench.ask("c1")
    bench.results()
    assert bench.ring.rung == [{"bell": "small"}]


def test_what_may_not_run_is_refused_with_the_reason(bench: Bench) -> None:
    bench.ask("c1", action="dig")
    bench.ask("c2", bell="huge")
    bench.orders.take([Command("c3", "ring", {}, NOW_MS - 5_000)])
    results, urgent = bench.orders.news()
    assert urgent
    assert [one["state"] for one in results] == ["refused", "refused", "expired"]
    assert "does not permit 'dig'" in results[0]["data"]["summary"]
    assert results[1]["data"]["reason"] == results[1]["data"]["summary"]
    assert bench.ring.rung == []
    assert not (bench.folder / "commands.json").exists(), "what is refused is not written down"


def test_what_cannot_be_judged_is_refused(bench: Bench) -> None:
    class Odd(dict[str, Any]):
        def __contains__(self, name: object) -> bool:
            raise OverflowError("int too large to convert to float")

    bench.orders.take([Command("c1", "ring", Odd(), NOW_MS + 1000)])
    (result,) = bench.results()
    assert (result["state"], result["data"]["reason"]) == ("refused", "it cannot be judged: OverflowError")


def test_an_id_runs_once_whatever_is_sent_again(bench: Bench) -> None:
    bench.ask("c1", "c1")
    (first,) = bench.results()
    bench.ask("c1")
    bench.ask("c1", bell="big")
    again = bench.results(2)
    assert again == [first, first]
    assert bench.ring.rung == [{"bell": "small"}]


def test_while_it_runs_a_repetition_gets_no_answer(tmp_path: Path, heard: Any) -> None:
    gate = threading.Event()
    bench = Bench(tmp_path, heard, Ring(lambda _: Outcome(gate.wait(20), "slow")))
    bench.ask("c1")
    bench.ask("c1")
    assert bench.orders.news() == ([], False)
    gate.set()
    assert [one["state"] for one in bench.results()] == ["done"]
    bench.orders.close()


def test_what_fails_says_so(tmp_path: Path, heard: Any) -> None:
    ends = [Outcome(False, "it did not ring"), Denied("sudo: no"), ZeroDivisionError("oops")]

    def fail(_: Any) -> Outcome:
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    bench = Bench(tmp_path, heard, Ring(fail))
    said = []
    for name in ("c1", "c2", "c3"):
        bench.ask(name)
        (result,) = bench.results()
        assert result["state"] == "failed"
        said.append(result["data"]["summary"])
    assert said == ["it did not ring", "ring: sudo: no", "ring failed: ZeroDivisionError: oops"]


def test_what_hangs_is_left_to_itself(tmp_path: Path, heard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "GRACE_SECONDS", 0.0)
    gate = threading.Event()
    ring = Ring(lambda _: Outcome(gate.wait(20), "too late"))
    ring.timeout_seconds = 0.1
    bench = Bench(tmp_path, heard, ring)
    bench.ask("c1")
    assert 0 <= bench.orders.due_seconds() <= 0.1
    (result,) = bench.results()
    assert result["state"] == "failed"
    assert "did not end within 0.1 s" in result["data"]["summary"]
    assert bench.orders.due_seconds() > 1e9
    bench.woken.clear()
    gate.set()
    assert bench.woken.wait(20)
    assert bench.orders.news() == ([], False), "what comes after is not told as another result"


def test_too_much_that_hangs_lets_nothing_more_begin(
    tmp_path: Path, heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "GRACE_SECONDS", 0.0)
    gate = threading.Event()
    ring = Ring(lambda _: Outcome(gate.wait(20), "too late"))
    ring.timeout_seconds = 0.01
    bench = Bench(tmp_path, heard, ring)
    bench.ask(*(f"h{n}" for n in range(ordering.LATE_MAX)))
    bench.results(ordering.LATE_MAX)
    bench.ask("c1")
    (result,) = bench.results()
    assert result["state"] == "refused"
    assert "hang on this machine" in result["data"]["summary"]
    gate.set()


def test_a_few_run_at_once_and_the_others_wait(tmp_path: Path, heard: Any) -> None:
    gate = threading.Event()
    ring = Ring(lambda _: Outcome(gate.wait(20), "rang"))
    bench = Bench(tmp_path, heard, ring)
    names = [f"c{n}" for n in range(ordering.OF_ONE_MAX + 2)]
    bench.ask(*names)
    assert len(ring.rung) <= ordering.OF_ONE_MAX
    gate.set()
    assert {one["command"] for one in bench.results(len(names))} == set(names)
    assert len(ring.rung) == len(names)


def test_many_of_one_action_hold_up_no_other(tmp_path: Path, heard: Any) -> None:
    gate = threading.Event()
    bench = Bench(tmp_path, heard, Ring(lambda _: Outcome(gate.wait(20), "rang")), Policy(("ring", "other"), 100))
    other = Ring()
    other.name = "other"
    bench.orders.configure(Policy(("ring", "other"), 100), {"ring": bench.ring, "other": other})
    bench.ask(*(f"c{n}" for n in range(ordering.OF_ONE_MAX + 3)))
    bench.ask("quick", action="other")
    assert [one["command"] for one in bench.results()] == ["quick"]
    gate.set()
    assert len(bench.results(ordering.OF_ONE_MAX + 3)) == ordering.OF_ONE_MAX + 3


def test_there_is_an_end_to_what_runs_at_once(tmp_path: Path, heard: Any) -> None:
    gate = threading.Event()
    rings = {f"ring{n}": Ring(lambda _: Outcome(gate.wait(20), "rang")) for n in range(3)}
    for name, ring in rings.items():
        ring.name = name
    bench = Bench(tmp_path, heard)
    bench.orders.configure(Policy(tuple(rings), 600), rings)
    for name in rings:
        bench.ask(*(f"{name}-{n}" for n in range(ordering.OF_ONE_MAX)), action=name)
    time.sleep(0.05)
    assert sum(len(ring.rung) for ring in rings.values()) <= ordering.AT_ONCE_MAX < 3 * ordering.OF_ONE_MAX
    gate.set()
    assert len(bench.results(3 * ordering.OF_ONE_MAX)) == 3 * ordering.OF_ONE_MAX


def test_what_waits_too_long_expires_and_what_is_withdrawn_is_refused(tmp_path: Path, heard: Any) -> None:
    gate = threading.Event()
    bench = Bench(tmp_path, heard, Ring(lambda _: Outcome(gate.wait(20), "rang")))
    bench.ask(*(f"c{n}" for n in range(ordering.OF_ONE_MAX)))
    bench.ask("late")
    bench.clock_ms += 100_000
    gate.set()
    ends = {one["command"]: one["state"] for one in bench.results(ordering.OF_ONE_MAX + 1)}
    assert ends["late"] == "expired"
    gate.clear()
    bench.ask(*(f"d{n}" for n in range(ordering.OF_ONE_MAX)))
    bench.ask("gone")
    bench.orders.configure(Policy(), {})
    gate.set()
    ends = {one["command"]: one["state"] for one in bench.results(ordering.OF_ONE_MAX + 1)}
    assert ends["gone"] == "refused"


def test_what_waits_is_judged_again_when_the_file_has_changed(tmp_path: Path, heard: Any) -> None:
    gate = threading.Event()
    ring = Ring(lambda _: Outcome(gate.wait(20), "rang"))
    bench = Bench(tmp_path, heard, ring)
    bench.ask(*(f"c{n}" for n in range(ordering.OF_ONE_MAX)))
    bench.ask("big", bell="big")
    ring.parameters = (ring.parameters[0]._replace(choices=("small",)),)
    gate.set()
    ends = {one["command"]: one["state"] for one in bench.results(ordering.OF_ONE_MAX + 1)}
    assert ends["big"] == "refused"
    assert {"bell": "big"} not in ring.rung


def test_a_dry_run_does_nothing_and_says_what_it_would_do(tmp_path: Path, heard: Any) -> None:
    bench = Bench(tmp_path, heard, policy=Policy(("ring",), dry_run=True))
    bench.ask("c1")
    (result,) = bench.results()
    assert result["state"] == "done"
    assert result["data"]["dry_run"] is True
    assert result["data"]["summary"] == "dry run, nothing was done: ring with bell 'small'"
    assert bench.ring.rung == []


def test_what_an_action_only_talks_about_is_marked_like_a_dry_run(tmp_path: Path, heard: Any) -> None:
    bench = Bench(tmp_path, heard, Ring(lambda _: Outcome(True, "dry run, nothing was done", {"dry_run": True})))
    bench.ask("c1")
    assert bench.results()[0]["data"]["dry_run"] is True


def test_the_hour_is_counted_over_restarts(tmp_path: Path, heard: Any) -> None:
    policy = Policy(("ring",), per_hour=2)
    bench = Bench(tmp_path, heard, policy=policy)
    bench.ask("c1", "c2", "c3")
    ends = {one["command"]: one["state"] for one in bench.results(3)}
    assert ends == {"c1": "done", "c2": "done", "c3": "refused"}
    bench.orders.close()
    bench.orders = bench.again(policy)
    bench.ask("c4")
    assert [one["state"] for one in bench.results()] == ["refused"]
    bench.clock_ms += 3_600_000
    bench.ask("c5")
    assert [one["state"] for one in bench.results()] == ["done"]


def test_a_replay_after_a_restart_runs_nothing(bench: Bench) -> None:
    bench.ask("c1")
    (first,) = bench.results()
    bench.orders.close()
    bench.orders = bench.again(Policy(("ring",)))
    assert bench.orders.news() == ([], False), "what was told is not told again by itself"
    bench.ask("c1")
    assert bench.results() == [first]
    assert len(bench.ring.rung) == 1


def test_a_result_that_was_not_told_is_told_after_the_restart(bench: Bench) -> None:
    bench.ask("c1")
    assert bench.woken.wait(20)
    bench.orders.take([])
    while not bench.orders._finished:
        time.sleep(0.001)
    bench.orders._ended("c1", "done", bench.orders._finished.popleft()[1])
    bench.orders = bench.again(Policy(("ring",)))
    results, urgent = bench.orders.news()
    assert urgent
    assert [(one["command"], one["state"]) for one in results] == [("c1", "done")]


def test_a_restart_in_the_middle_is_a_failure_and_no_second_run(tmp_path: Path, heard: Any) -> None:
    gate = threading.Event()
    ring = Ring(lambda _: Outcome(gate.wait(20), "rang"))
    bench = Bench(tmp_path, heard, ring)
    bench.ask("c1")
    bench.orders.close()
    bench.orders = bench.again(Policy(("ring",)))
    (result,) = bench.results()
    assert (result["command"], result["state"]) == ("c1", "failed")
    assert "how far it came is not known" in result["data"]["summary"]
    bench.ask("c1")
    assert bench.results() == [result]
    assert len(ring.rung) == 1
    gate.set()


def test_what_ended_and_was_not_heard_before_a_stop_is_told_as_it_was(bench: Bench) -> None:
    bench.ask("c1")
    until(lambda: bench.orders._finished)
    bench.orders.close()
    bench.orders = bench.again(Policy(("ring",), per_hour=100))
    (result,) = bench.results()
    assert (result["state"], result["data"]["summary"]) == ("done", "it rang")


def test_what_waits_when_it_ends_is_begun_no_more(tmp_path: Path, heard: Any) -> None:
    let = threading.Event()
    ring = Ring(lambda _arguments: Outcome(let.wait(30), "it rang"))
    bench = Bench(tmp_path, heard, ring)
    bench.ask(*(f"c{number}" for number in range(ordering.OF_ONE_MAX + 1)))
    until(lambda: len(ring.rung) == ordering.OF_ONE_MAX)
    bench.orders.close()
    let.set()
    bench.results(ordering.OF_ONE_MAX)
    assert len(ring.rung) == ordering.OF_ONE_MAX


def test_what_restarts_the_agent_is_done_when_it_has_begun_again(tmp_path: Path, heard: Any) -> None:
    gate = threading.Event()
    ring = Ring(lambda _: Outcome(gate.wait(20) and False, "it was ended by signal 15"))
    ring.ends = True
    bench = Bench(tmp_path, heard, ring)
    bench.ask("c1")
    gate.set()
    assert bench.woken.wait(20)
    assert bench.orders.news() == ([], False), "whoever ends the agent ends its programs first"
    assert ordering.DOUBT_SECONDS - 5 < bench.orders.due_seconds() <= ordering.DOUBT_SECONDS
    bench.orders.close()
    bench.orders = bench.again(Policy(("ring",)))
    (result,) = bench.results()
    assert (result["command"], result["state"]) == ("c1", "done")
    assert "has begun again" in result["data"]["summary"]
    bench.ask("c1")
    assert bench.results() == [result]
    assert len(ring.rung) == 1


def test_what_should_restart_the_agent_and_does_not_has_failed(
    tmp_path: Path, heard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "DOUBT_SECONDS", 0.05)
    ring = Ring(lambda _: Outcome(False, "sudo: a password is required"))
    ring.ends = True
    ring.timeout_seconds = -ordering.GRACE_SECONDS
    bench = Bench(tmp_path, heard, ring)
    bench.ask("c1")
    assert bench.woken.wait(20)
    (result,) = bench.results()
    assert (result["state"], result["data"]["summary"]) == ("failed", "sudo: a password is required")
    ring.does = lambda _: Outcome(True, "it will be restarted in a minute")
    bench.ask("c2")
    assert bench.woken.wait(20)
    assert [one["state"] for one in bench.results()] == ["done"]
    bench.orders.close()


def test_what_cannot_be_written_down_is_not_run(tmp_path: Path, heard: Any) -> None:
    bench = Bench(tmp_path / "nowhere", heard)
    bench.ask("c1")
    (result,) = bench.results()
    assert result["state"] == "refused"
    assert "could not be written down" in result["data"]["summary"]
    assert bench.ring.rung == []


def test_a_spoiled_file_is_said(tmp_path: Path, heard: Any) -> None:
    (tmp_path / "commands.json").write_text("{")
    bench = Bench(tmp_path, heard)
    assert "ids from before this start are not known" in heard.text
    bench.ask("c1")
    assert [one["state"] for one in bench.results()] == ["done"]


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"a": 1}, {"a": 1}),
        ({"a": float("nan")}, {"left_out": "it could not be told"}),
        ({"a": object()}, {"left_out": "it could not be told"}),
        ({"a": "x" * 20_000}, {"left_out": "20009 characters"}),
    ],
)
def test_what_is_told_beside_is_bounded(tmp_path: Path, heard: Any, data: Any, kept: Any) -> None:
    bench = Bench(tmp_path, heard, Ring(lambda _: Outcome(True, "rang", data)))
    bench.ask("c1")
    assert bench.results()[0]["data"]["data"] == kept


def test_without_threads_it_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(*_: Any, **__: Any) -> Any:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ordering.threading, "Thread", no_thread)
    bench.ask("c1")
    (result,) = bench.results()
    assert result["state"] == "failed"
    assert "no thread could be started" in result["data"]["summary"]
