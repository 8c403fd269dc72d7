"""The worker's side of the child: a hard end, no secrets where others see them, an answer whatever happens."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from wakeful_collector.outbox import calling

from ...fakes.webhook_receiver import receiver, slow_receiver

ASKED = {
    "kind": "webhook",
    "secret": "s3cr3t-of-the-channel",
    "allow_private": True,
    "delivery": "d",
    "now_ms": 1,
    "body": "{}",
}


def children() -> set[int]:
    """Return the children of this thread's, of which other tests may have left some that live as long as the run."""
    return {int(one) for one in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()}


def test_a_message_is_sent_and_timed() -> None:
    with receiver() as door:
        found = calling.attempt({**ASKED, "url": door.url}, 20)
    assert (found.outcome, found.error) == ("delivered", "")
    assert 0 < found.seconds < 20


def test_a_failure_says_when_to_come_again() -> None:
    with receiver(answer=lambda _: (503, {"Retry-After": "7"})) as door:
        found = calling.attempt({**ASKED, "url": door.url}, 20)
    assert (found.outcome, found.retry_after_seconds) == ("failed", 7.0)


def test_nobody_sees_the_secret_and_the_child_sees_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAKEFUL_SECRET", "of-the-collector")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    seen: list[bytes] = []
    with slow_receiver() as (url, heard):
        thread = threading.Thread(target=calling.call, args=({**ASKED, "url": url}, 15))
        thread.start()
        deadline = time.monotonic() + 15
        while not heard and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid in Path(f"/proc/{os.getpid()}/task").iterdir():
            for child in (pid / "children").read_text().split():
                seen += [Path(f"/proc/{child}/{name}").read_bytes() for name in ("cmdline", "environ")]
        thread.join(40)
    assert heard, "the child was at its work when it was looked at"
    assert any(b"wakeful_collector.outbox.sending" in one for one in seen)
    whole = b"".join(seen)
    for secret in (b"s3cr3t-of-the-channel", b"PathIsASecret", b"of-the-collector", b"PROXY"):
        assert secret not in whole


@pytest.mark.parametrize("trickles", [False, True])
def test_its_time_is_over_whatever_it_waits_for(trickles: bool) -> None:
    before = children()
    with slow_receiver(trickles) as (url, heard):
        began = time.monotonic()
        found = calling.attempt({**ASKED, "url": url}, 5)
        assert time.monotonic() - began < 15
        assert found.outcome == "failed"
        assert "took" in found.error
        assert heard
    assert children() <= before


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was killed by signal 9"),
        ("import sys; sys.exit(3)", "ended with code 3"),
        ("print('no json')", "ended with code 0"),
        ("print('[1]')", "ended with code 0"),
    ],
)
def test_a_child_that_dies_is_a_failure(monkeypatch: pytest.MonkeyPatch, program: str, said: str) -> None:
    monkeypatch.setattr(calling, "ARGV", (sys.executable, "-c", f"import sys; sys.stdin.read()\n{program}"))
    found = calling.attempt({**ASKED, "url": "http://127.0.0.1/"}, 20)
    assert (found.outcome, found.error) == ("failed", f"the process that sends {said} without an answer")


def test_an_interruption_leaves_no_child_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = children()
    with slow_receiver() as (url, _):
        monkeypatch.setattr(
            calling.subprocess.Popen, "communicate", _once(interrupt, calling.subprocess.Popen.communicate)
        )
        with pytest.raises(KeyboardInterrupt):
            calling.call({**ASKED, "url": url}, 20)
    assert children() <= before
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def _once(first: Any, then: Any) -> Any:
    turns = iter([first])
    return lambda *given, **named: next(turns, then)(*given, **named)
