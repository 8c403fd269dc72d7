"""Tasks followed to their end, whatever is in the way."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.acting import tasks
from wakeful_collector.integrations.proxmox.acting.tasks import Outcome, Patience, Progress, follow

from .conftest import end_task, set_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.integrations.proxmox.link.client import Client

    from .....fakes.proxmox import FakeCluster

PATIENCE = Patience(60.0)


@pytest.fixture
def task(pve: FakeCluster, client: Client) -> Callable[[], str]:
    """A task that runs until it is told to end."""

    def begin() -> str:
        pve.pace(1.0)
        pve.put("start_secs", 10_000, guest=101)
        return str(client.post("/nodes/pve1/qemu/101/status/start"))

    pve.vm(101, "web")
    return begin


def steps(*acts: Callable[[], object]) -> Patience:
    """A patience that does one act in each pause instead of waiting; the last one is followed by real pauses."""
    waiting = list(acts)

    def pause(_seconds: float) -> None:
        if waiting:
            waiting.pop(0)()
        else:
            threading.Event().wait(0.01)

    return Patience(60.0, pause=pause)


@pytest.mark.parametrize(
    ("exitstatus", "state", "warnings"),
    [
        ("OK", tasks.OK, 0),
        ("WARNINGS: 3", tasks.OK, 3),
        ("VM 101 already running", tasks.FAILED, 0),
        ("interrupted by signal", tasks.FAILED, 0),
        ("unexpected status", tasks.UNKNOWN, 0),
        ("unable to get last line of task log", tasks.UNKNOWN, 0),
        ("", tasks.UNKNOWN, 0),
    ],
)
def test_the_exit_status_decides(
    pve: FakeCluster, client: Client, task: Callable[[], str], exitstatus: str, state: str, warnings: int
) -> None:
    upid = task()
    outcome = follow(client, upid, steps(lambda: end_task(pve, upid, exitstatus)))
    assert (outcome.state, outcome.exitstatus, outcome.warnings, outcome.upid) == (state, exitstatus, warnings, upid)
    assert outcome.ok == (state == tasks.OK)


def test_progress_and_log_are_told_as_they_come(pve: FakeCluster, client: Client, task: Callable[[], str]) -> None:
    upid = task()
    log = [f"line {at}" for at in range(700)]
    told: list[Progress] = []
    acts = (
        lambda: set_task(pve, upid, log=[*log, "INFO:  12% (4.0 GiB of 32.0 GiB) in 3s"]),
        lambda: set_task(pve, upid, log=[*log, "x", "transferred 9.1 GiB of 32.0 GiB (28.46%)", "250% \x1b[1mmore"]),
        lambda: end_task(pve, upid, "OK"),
    )
    outcome = follow(client, upid, steps(*acts), told.append)
    assert [one.fraction for one in told] == [0.12, 0.2846]
    assert len(outcome.log_tail) == tasks.LOG_LINES_MAX
    assert outcome.log_tail[-1] == "250% more"


def test_a_node_that_does_not_answer_is_not_the_end(pve: FakeCluster, client: Client, task: Callable[[], str]) -> None:
    upid = task()
    told: list[Progress] = []

    def back() -> None:
        pve.offline("pve1", offline=False)
        end_task(pve, upid, "OK")

    outcome = follow(client, upid, steps(lambda: pve.offline("pve1"), lambda: None, back), told.append)
    assert outcome.ok
    assert any("cannot be seen" in one.note for one in told)


def test_a_cluster_that_is_away_is_not_the_end(pve: FakeCluster, client: Client, task: Callable[[], str]) -> None:
    upid = task()

    def back() -> None:
        pve.start()
        end_task(pve, upid, "OK")

    assert follow(client, upid, steps(pve.stop, lambda: None, back)).ok


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "Parameter verification failed."), (403, "Permission check failed (/nodes/pve1, Sys.Audit)"), (500, "boom")],
)
def test_a_task_that_nobody_tells_of_is_unknown(
    pve: FakeCluster, client: Client, task: Callable[[], str], status: int, message: str
) -> None:
    upid = task()
    pve.fail("GET", f"/tasks/{upid}/status", status, message)
    outcome = follow(client, upid, PATIENCE)
    assert (outcome.state, outcome.exitstatus) == (tasks.UNKNOWN, message)


def test_a_log_that_is_gone_ends_nothing(pve: FakeCluster, client: Client, task: Callable[[], str]) -> None:
    upid = task()
    pve.fail("GET", f"/tasks/{upid}/log", 500, "unable to open file")
    outcome = follow(client, upid, steps(lambda: end_task(pve, upid, "OK")))
    assert outcome == Outcome(tasks.OK, "OK", (), 0, upid)


def test_an_empty_log_has_no_lines(pve: FakeCluster, client: Client, task: Callable[[], str]) -> None:
    """Proxmox says "no content" for it; a log that says so in its second line means it."""
    upid = task()
    looks = [["no content"], ["first", "no content"]]
    outcome = follow(
        client,
        upid,
        steps(*(lambda log=log: set_task(pve, upid, log=log) for log in looks), lambda: end_task(pve, upid, "OK")),
    )
    assert outcome.log_tail == ("first", "no content")


def test_patience_has_an_end(client: Client, task: Callable[[], str]) -> None:
    outcome = follow(client, task(), Patience(0.0))
    assert outcome.state == tasks.GAVE_UP


def test_blindness_has_an_end_too(pve: FakeCluster, client: Client, task: Callable[[], str]) -> None:
    upid = task()
    pve.offline("pve1")
    outcome = follow(client, upid, Patience(3_600.0, blind_seconds=0.0))
    assert outcome.state == tasks.GAVE_UP
    assert "cannot be seen" in outcome.exitstatus


def test_a_task_is_asked_once_to_end(pve: FakeCluster, client: Client, task: Callable[[], str]) -> None:
    upid = task()
    path = f"/nodes/pve1/tasks/{upid}"
    looks: list[int] = []
    pve.answer(f"DELETE {path}", None)

    def pause(_seconds: float) -> None:
        looks.append(1)
        if len(looks) == 3:
            end_task(pve, upid, "interrupted by signal")

    outcome = follow(client, upid, Patience(60.0, pause=pause, is_stopped=lambda: True))
    assert (outcome.state, outcome.exitstatus) == (tasks.FAILED, "interrupted by signal")
    assert [one.path for one in pve.writes()[1:]] == [path]


def test_that_it_cannot_be_ended_ends_nothing(pve: FakeCluster, client: Client, task: Callable[[], str]) -> None:
    upid = task()
    pve.fail("DELETE", f"/tasks/{upid}", 403, "Permission check failed")
    acts: Any = steps(lambda: end_task(pve, upid, "OK"))
    outcome = follow(client, upid, Patience(60.0, pause=acts.pause, is_stopped=lambda: True))
    assert outcome.ok
