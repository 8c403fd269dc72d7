"""The child: bounded, mute, and its answers hold no secret."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys

from wakeful_collector.outbox import sending

from ...fakes.webhook_receiver import receiver

ARGV = [sys.executable, "-m", "wakeful_collector.outbox.sending"]


def test_each_kind_is_loaded_alone() -> None:
    program = (
        "import sys\nfrom wakeful_collector.outbox import sending\n"
        "sending.answer({'kind': 'webhook', 'url': 'http://127.0.0.1:1/', 'check': True, 'timeout_seconds': 1})\n"
        "print(any(name.startswith('apprise') for name in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "False"


def test_whatever_is_raised_is_an_outcome() -> None:
    with receiver() as door:
        found = sending.answer({"kind": "webhook", "url": door.url, "allow_private": True, "timeout_seconds": 5})
    assert (found["outcome"], found["error"]) == ("failed", "KeyError: 'body'")


def test_a_request_on_stdin_is_answered_on_stdout_alone() -> None:
    with receiver() as door:
        asked = {"kind": "webhook", "url": door.url, "secret": "s" * 16, "allow_private": True, "timeout_seconds": 5}
        asked |= {"delivery": "d", "now_ms": 1, "body": "{}"}
        ran = subprocess.run(ARGV, input=json.dumps(asked).encode(), capture_output=True, timeout=60, check=True)
        assert json.loads(ran.stdout)["outcome"] == "delivered"
        assert ran.stderr == b""
        assert len(door.received) == 1


def test_it_bounds_itself() -> None:
    program = (
        "import resource, signal\nfrom wakeful_collector.outbox import sending\nsending.restrain(30)\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0], resource.getrlimit(resource.RLIMIT_AS)[0],"
        " signal.getitimer(signal.ITIMER_REAL)[0] > 20)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.split() == ["0", str(sending.MEMORY_BYTES_MAX), "True"]


def test_it_ends_by_itself_when_nobody_ends_it() -> None:
    program = "import time\nfrom wakeful_collector.outbox import sending\nsending.restrain(0.2)\ntime.sleep(60)"
    ran = subprocess.run([sys.executable, "-c", program], check=False, timeout=30)
    assert ran.returncode == -signal.SIGALRM
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != sending.MEMORY_BYTES_MAX


def test_an_address_that_is_none_is_said_to_be() -> None:
    found = sending.answer({"kind": "webhook", "url": "http://[::1/x", "check": True, "timeout_seconds": 1})
    assert (found["outcome"], found["error"]) == ("failed", "ValueError: Invalid IPv6 URL")
