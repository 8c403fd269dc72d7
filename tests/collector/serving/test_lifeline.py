"""A child ends with its parent, whatever killed the parent."""

import os
import signal
import subprocess
import sys
import time

import psutil

from wakeful_collector.serving import lifeline

PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-c", sys.argv[1]], env={**os.environ, "WAKEFUL_PARENT_PID": str(os.getpid())}
)
print(child.pid, flush=True)
time.sleep(60)
"""
CHILD = """
import os, time
from wakeful_collector.serving import lifeline
assert lifeline.tie_if_supervised(os.environ)
time.sleep(60)
"""


def test_a_child_ends_when_its_parent_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.8)
        assert child.is_running()
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        child.wait(30)
    assert not child.is_running()


def test_a_parent_that_is_gone_already_is_noticed():
    assert lifeline.tie_to_parent(os.getppid())
    assert not lifeline.tie_to_parent(1 if os.getppid() != 1 else 2)


def test_without_a_supervisor_there_is_nothing_to_tie():
    assert lifeline.tie_if_supervised({})
    assert lifeline.tie_if_supervised({lifeline.PARENT_VARIABLE: "nobody"})
    assert lifeline.tie_if_supervised({lifeline.PARENT_VARIABLE: str(os.getppid())})
