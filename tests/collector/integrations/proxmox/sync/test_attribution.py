"""Which task tells of a change."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.sync.attribution import BEFORE_MS, teller
from wakeful_collector.model.estate import Task

SINCE_MS = 1_000_000


def task(kind: str, subject: str = "100", ended_ms: int = SINCE_MS + 5_000, status: str = "OK") -> Task:
    return Task(f"UPID:{kind}:{ended_ms}", "pve1", kind, subject, "ann@pve", SINCE_MS, ended_ms, status)


@pytest.mark.parametrize(
    ("field", "old", "kind"),
    [
        ("", None, "qmcreate"),
        ("", None, "vzclone"),
        ("", "web", "qmdestroy"),
        ("status", "running", "qmshutdown"),
        ("status", "stopped", "hastart"),
        ("node", "pve1", "qmigrate"),
        ("config.cores", "2", "qmconfig"),
        ("config.scsi0", "a", "resize"),
        ("snapshot s1", None, "vzsnapshot"),
        ("snapshot s1", "s1", "qmdelsnapshot"),
        ("current snapshot", "a", "qmrollback"),
    ],
)
def test_the_task_that_fits(field: str, old: str | None, kind: str) -> None:
    tasks = [task("vncproxy"), task(kind, "999"), task(kind), task("aptupdate", "")]

    found = teller(field, old, 100, tasks, SINCE_MS)

    assert found is not None
    assert (found.kind, found.subject) == (kind, "100")


def test_no_task_tells_of_a_setting_that_was_made_at_once() -> None:
    assert teller("config.description", "a", 100, [task("qmstart"), task("vzdump")], SINCE_MS) is None


def test_what_was_pending_became_so_by_a_start() -> None:
    found = teller("config.cores", "2", 100, [task("qmstart")], SINCE_MS, was_pending=True)

    assert found is not None


def test_a_task_of_long_ago_tells_of_nothing_now() -> None:
    old = task("qmstop", ended_ms=SINCE_MS - BEFORE_MS - 1)

    assert teller("status", "running", 100, [old], SINCE_MS) is None


def test_of_several_the_last_that_went_well() -> None:
    tasks = [task("qmstop", ended_ms=SINCE_MS + 1), task("qmstart", ended_ms=SINCE_MS + 2)]
    failed = task("qmstop", ended_ms=SINCE_MS + 3, status="VM is locked (backup)")

    found = teller("status", "running", 100, [*tasks, failed], SINCE_MS)

    assert found is tasks[1]
    assert teller("status", "running", 100, [failed], SINCE_MS) is failed


def test_high_availability_names_guests_in_its_own_way() -> None:
    assert teller("status", "stopped", 100, [task("hastart", "vm:100")], SINCE_MS) is not None
    assert teller("status", "stopped", 101, [task("hastart", "vm:100")], SINCE_MS) is None


def test_whoever_asked_high_availability_is_named_and_not_its_manager() -> None:
    asked = task("hastart", "vm:100", SINCE_MS + 1)
    done = task("qmstart", ended_ms=SINCE_MS + 9)

    assert teller("status", "stopped", 100, [asked, done], SINCE_MS) is asked


def test_a_task_at_all_guests_of_a_node_names_none() -> None:
    assert teller("status", "running", 100, [task("stopall", "")], SINCE_MS) is not None


def test_a_task_that_runs_tells_already() -> None:
    assert teller("node", "pve1", 100, [task("qmigrate", ended_ms=0, status="")], SINCE_MS) is not None
