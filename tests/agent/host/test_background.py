"""Calls made beside whoever asked: done, raised, hung, too many."""

import threading
import time

from wakeful_agent.host import background as module
from wakeful_agent.host.background import Background
from wakeful_agent.host.lane import Call


def call(key, function, budget_seconds=5.0):
    return Call(key, function, budget_seconds)


def raises():
    raise KeyError("x")


def test_calls_are_made_one_after_the_other_while_one_goes_on():
    gate, order = threading.Event(), []
    background = Background()
    background.start([call("a", lambda: gate.wait(30) and order.append("a")), call("b", lambda: order.append("b"))])
    assert background.take() == {}
    assert background.busy == {"a", "b"}
    assert background.start([call("a", lambda: order.append("again")), call("b", raises), call("c", int)]) == ["c"]
    gate.set()
    background.wait(["a", "b", "c"])
    answers = background.take()
    assert sorted(answers) == ["a", "b", "c"]
    assert not any(answer.late or answer.error for answer in answers.values())
    assert order == ["a", "b"]
    assert background.take() == {}


def test_what_a_call_raises_is_its_answer():
    background = Background()
    background.start([call("a", raises), call("b", lambda: 2)])
    background.wait(["a", "b"])
    answers = background.take()
    assert isinstance(answers["a"].error, KeyError)
    assert answers["b"].value == 2


def test_waiting_for_nothing_does_not_wait():
    background = Background()
    background.wait([])
    background.wait(["a"])
    assert background.take() == {}


def test_a_hung_call_is_left_behind_and_the_others_go_on():
    gate = threading.Event()
    background = Background()
    background.start([call("hung", gate.wait, 0.05), call("b", lambda: 2)])
    begun = time.monotonic()
    background.wait(["hung", "b"])
    assert time.monotonic() - begun < 20
    answers = background.take()
    assert answers["hung"].late
    assert answers["hung"].seconds == 0.05
    assert answers["b"].value == 2
    assert list(background.hung) == ["hung"]
    background.start([call("hung", lambda: 1)])
    again = background.take()["hung"]
    assert again.late
    assert again.seconds > 0.05
    gate.set()
    ends = time.monotonic() + 30
    while background.hung and time.monotonic() < ends:
        time.sleep(0.005)
    background.start([call("hung", lambda: 1)])
    background.wait(["hung"])
    assert background.take()["hung"].value == 1


def test_that_a_call_is_late_is_noticed_when_somebody_asks():
    gate, begun, done = threading.Event(), threading.Event(), threading.Event()
    background = Background()
    background.start([call("hung", lambda: begun.set() or gate.wait(), 0.05), call("b", done.set)])
    assert begun.wait(30)
    time.sleep(0.1)
    assert not done.is_set()
    assert background.take()["hung"].late
    assert done.wait(30)
    gate.set()


def test_no_more_threads_than_there_may_be_are_left_behind():
    gate = threading.Event()
    background = Background(hung_max=1)
    background.start([call("hung", gate.wait, 0.05), call("b", lambda: 2)])
    background.wait(["hung", "b"])
    answers = background.take()
    assert answers["b"].late
    assert answers["b"].seconds == 0
    gate.set()


def test_a_machine_without_threads_is_a_failure_in_words(monkeypatch):
    class NoThread:
        def __init__(self, **_):
            raise RuntimeError("can't start new thread")

    background = Background()
    monkeypatch.setattr(module.threading, "Thread", NoThread)
    background.start([call("a", lambda: 1)])
    assert "no thread could be started" in str(background.take()["a"].error)
    monkeypatch.undo()
    background.start([call("a", lambda: 1)])
    background.wait(["a"])
    assert background.take()["a"].value == 1
