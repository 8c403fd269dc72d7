import subprocess
import sys
import threading
import time

from wakeful_agent.host.lane import Call, Lane


def call(key, function, budget_seconds=5.0):
    return Call(key, function, budget_seconds)


def stuck(event):
    return lambda: event.wait(30)


def lanes():
    return [thread for thread in threading.enumerate() if thread.name == "lane"]


def eventually(condition):
    for _ in range(3000):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_answers_come_by_key_whether_good_or_bad():
    lane = Lane()
    answers = lane.run([call("a", lambda: 1), call("b", lambda: 1 // 0), call("c", lambda: 3)])
    assert list(answers) == ["a", "b", "c"]
    assert (answers["a"].value, answers["c"].value) == (1, 3)
    assert isinstance(answers["b"].error, ZeroDivisionError)
    assert not any(answer.late for answer in answers.values())
    assert lane.run([]) == {}
    lane.close()
    lane.close()


def test_a_machine_without_a_thread_to_spare_is_an_error_and_not_the_end(monkeypatch):
    def refuse(_self):
        raise RuntimeError("can't start new thread")

    lane = Lane()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        answers = lane.run([call("a", lambda: 1), call("b", lambda: 2)])
    assert [str(answer.error) for answer in answers.values()] == [
        "no thread could be started: can't start new thread"
    ] * 2
    assert lane.run([call("a", lambda: 1)])["a"].value == 1
    lane.close()


def test_one_thread_makes_all_calls():
    lane = Lane()
    idents = {lane.run([call("a", threading.get_ident)])["a"].value for _ in range(5)}
    assert len(idents) == 1
    lane.close()


def test_a_call_that_hangs_is_late_and_the_others_go_on():
    lane, event = Lane(), threading.Event()
    calls = [call("a", lambda: 1), call("stuck", stuck(event), 0.3), call("b", lambda: 2)]
    begun = time.monotonic()
    answers = lane.run(calls)
    assert time.monotonic() - begun < 4.5, "its own budget counts, not that of the calls before it"
    assert answers["stuck"].late
    assert answers["stuck"].seconds == 0.3
    assert (answers["a"].value, answers["b"].value) == (1, 2)
    assert list(lane.hung) == ["stuck"]
    again = lane.run(calls)
    assert again["stuck"].late
    assert len(lane.hung) == 1, "a key that hangs is not called again"
    assert again["b"].value == 2
    event.set()
    assert eventually(lambda: not lane.hung)
    assert lane.run(calls)["stuck"].value is True
    lane.close()


def test_late_answers_are_dropped_and_threads_do_not_pile_up():
    lane, event = Lane(), threading.Event()
    before = len(lanes())
    for _ in range(10):
        lane.run([call("stuck", stuck(event), 0.02), call("a", lambda: 1)])
    assert len(lanes()) <= before + 2
    event.set()
    lane.close()
    assert eventually(lambda: len(lanes()) <= before)


def test_at_most_so_many_are_left_behind():
    lane, event = Lane(hung_max=2), threading.Event()
    answers = lane.run([call(str(number), stuck(event), 0.02) for number in range(5)] + [call("last", lambda: 1)])
    assert [answer.late for answer in answers.values()] == [True] * 6
    assert [answer.seconds > 0 for answer in answers.values()] == [True, True, False, False, False, False]
    assert len(lane.hung) == 2
    event.set()
    assert eventually(lambda: not lane.hung)
    assert lane.run([call("last", lambda: 1)])["last"].value == 1
    lane.close()


def test_a_run_has_an_end_whatever_its_calls():
    lane, event = Lane(), threading.Event()
    begun = time.monotonic()
    answers = lane.run([call("slow", stuck(event), 10.0), call("never", lambda: 1)], total_seconds=0.05)
    assert time.monotonic() - begun < 8, "its budget is longer than the run"
    assert all(answer.late for answer in answers.values())
    event.set()
    lane.close()


def test_a_slow_call_within_its_budget_is_not_late():
    lane = Lane()
    answers = lane.run([call("a", lambda: time.sleep(0.05), 5.0), call("b", lambda: time.sleep(0.05), 3.0)])
    assert not any(answer.late for answer in answers.values())
    lane.close()


def test_the_process_ends_in_spite_of_a_call_that_hangs():
    program = (
        "import threading\n"
        "from wakeful_agent.host.lane import Call, Lane\n"
        "answers = Lane().run([Call('a', threading.Event().wait, 0.05)])\n"
        "print(answers['a'].late)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert ended.stdout == "True\n"


def test_a_call_that_came_back_at_the_last_moment_is_not_late():
    from wakeful_agent.host.lane import _Worker

    hung = {}
    worker = _Worker(hung)
    first = (call("a", lambda: 1), 0.0)
    worker._standing = (call("b", lambda: 2), 1.0)
    assert not worker._leave(first), "it is at the next call by now"
    worker._standing = None
    assert not worker._leave(None), "all calls are done"
    assert hung == {}
    worker.inbox.put(None)
