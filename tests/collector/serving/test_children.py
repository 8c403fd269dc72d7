"""A child is started, noticed when it dies, started again with patience, and stopped in time."""

import os
import signal
import sys
import time

import pytest

from wakeful_collector.serving.children import BACKOFF_SECONDS, Child, restart_delay_seconds, stop_all


def child(code, **environ):
    return Child("web", [sys.executable, "-c", code], {**os.environ, **environ})


def wait_for_end(one):
    one.process.wait(10)


def test_delays_grow_up_to_a_bound():
    delays = [restart_delay_seconds(deaths) for deaths in range(1, 12)]
    assert delays == sorted(delays)
    assert delays[0] == BACKOFF_SECONDS[0]
    assert delays[-1] == BACKOFF_SECONDS[-1] == 30.0


def test_a_child_that_dies_is_started_again_when_it_is_due(caplog):
    one = child("raise SystemExit(7)")
    one.tend(100.0)
    wait_for_end(one)
    one.tend(100.1)
    assert one.process is None
    assert one.exit_codes == [7]
    assert one.due == pytest.approx(100.3)
    assert "ended with code 7" in caplog.text
    one.tend(100.2)
    assert one.process is None
    one.tend(100.4)
    assert one.process is not None
    wait_for_end(one)
    one.tend(100.5)
    assert one.deaths_in_a_row == 2


def test_a_long_steady_run_makes_the_next_start_quick_again(caplog):
    one = child("import time; time.sleep(60)")
    one.deaths_in_a_row = 5
    one.tend(0.0)
    one.signal(signal.SIGKILL)
    wait_for_end(one)
    one.tend(1000.0)
    assert one.deaths_in_a_row == 1
    assert "was killed by SIGKILL" in caplog.text


def test_a_child_that_cannot_be_started_is_tried_again_and_nobody_ends_for_it(tmp_path, caplog):
    program = tmp_path / "later"
    one = Child("web", [str(program)], dict(os.environ))
    one.tend(100.0)
    assert one.process is None
    assert one.due == pytest.approx(100.2)
    assert "web cannot be started: No such file or directory" in caplog.text
    program.symlink_to("/bin/true")
    one.tend(100.3)
    assert one.process is not None
    wait_for_end(one)


def test_a_signal_without_a_name_is_told_by_its_number(caplog):
    one = child("import time; time.sleep(60)")
    one.tend(0.0)
    one.signal(40)
    wait_for_end(one)
    one.tend(1.0)
    assert "was killed by signal 40" in caplog.text


def test_a_running_child_is_left_alone():
    one = child("import time; time.sleep(60)")
    one.tend(0.0)
    process = one.process
    one.tend(50.0)
    assert one.process is process
    one.signal(signal.SIGTERM)
    one.stop(5)
    assert one.process is None


def test_children_that_ignore_the_request_are_killed_with_their_group():
    stubborn = child("import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)")
    stubborn.tend(0.0)
    time.sleep(0.5)
    process = stubborn.process
    began = time.monotonic()
    stop_all([stubborn], 0.5)
    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 5


def test_stopping_what_never_ran_is_nothing():
    one = child("")
    one.signal(signal.SIGTERM)
    one.stop(0.1)
    assert one.process is None
