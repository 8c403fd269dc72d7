import threading
import time

from wakeful_agent.host.errors import HostError
from wakeful_agent.network.many import Crowd


def test_answers_come_by_key_and_in_order():
    answers = Crowd(3).run({str(number): (lambda number=number: number * 2) for number in range(20)}, 5)
    assert [(key, answer.value) for key, answer in answers.items()] == [(str(n), n * 2) for n in range(20)]
    assert all(answer.error is None and not answer.late for answer in answers.values())


def test_nothing_to_do_is_done_at_once():
    assert Crowd().run({}, 5) == {}


def test_one_that_fails_costs_no_other():
    def fail():
        raise HostError("no")

    def leave():
        raise SystemExit(3)

    answers = Crowd().run({"a": fail, "b": lambda: 1, "c": leave}, 5)
    assert str(answers["a"].error) == "no"
    assert answers["b"].value == 1
    assert isinstance(answers["c"].error, SystemExit)


def test_fifty_slow_ones_take_the_time_of_a_few():
    begun = time.monotonic()
    answers = Crowd(25).run({str(number): lambda: time.sleep(0.1) for number in range(50)}, 5)
    assert time.monotonic() - begun < 4
    assert not any(answer.late for answer in answers.values())


def test_what_hangs_is_left_behind_and_asked_again_when_it_is_back():
    gate = threading.Event()
    crowd = Crowd(2)
    first = crowd.run({"hangs": gate.wait, "quick": lambda: 1}, 0.2)
    assert first["hangs"].late
    assert first["hangs"].seconds > 0
    assert first["quick"].value == 1
    assert list(crowd.hung) == ["hangs"]
    called = []
    second = crowd.run({"hangs": lambda: called.append(1), "quick": lambda: 2}, 5)
    assert second["hangs"].late
    assert second["quick"].value == 2
    assert called == []
    gate.set()
    until = time.monotonic() + 5
    while crowd.hung and time.monotonic() < until:
        time.sleep(0.01)
    assert crowd.run({"hangs": lambda: 3}, 5)["hangs"].value == 3


def test_no_more_threads_than_workers_hang():
    gate = threading.Event()
    crowd = Crowd(2)
    before = set(threading.enumerate())
    first = crowd.run({str(number): gate.wait for number in range(5)}, 0.1)
    assert all(answer.late for answer in first.values())
    assert [answer.seconds > 0 for answer in first.values()] == [True, True, False, False, False]
    assert len(set(threading.enumerate()) - before) == 2
    assert crowd.run({"more": lambda: 1}, 0.1)["more"].late, "nobody is left to ask"
    gate.set()


def test_a_machine_without_threads_says_so(monkeypatch):
    def none(_self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    answers = Crowd().run({"a": lambda: 1, "b": lambda: 2}, 5)
    assert [str(answer.error) for answer in answers.values()] == [
        "no thread could be started: can't start new thread"
    ] * 2
