"""Deeds done by the worker, and what is left of them when it is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.acting import carrying, doing, journal
from wakeful_collector.integrations.proxmox.acting.deeds import Request
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing

from .conftest import end_task
from .rows import written

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.store.proxmox_deeds import DeedRow

    from .....fakes.proxmox import FakeCluster
    from .conftest import Desk

START = {"method": "POST", "path": "/nodes/pve1/qemu/101/status/start", "form": {}}


def gone_on(data: Path, row: DeedRow) -> DeedRow:
    """Let another worker find it."""
    doing.do(data, row, begins=False)
    found = deeds.deed(data, row.id)
    assert found is not None
    return found


def test_a_task_that_is_known_is_followed_on(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.pace(1.0)
    pve.vm(101, "web")
    pve.put("start_secs", 10_000, guest=101)
    upid = opening.client(data, home.name).post(START["path"])
    end_task(pve, upid, "OK")
    row = written(data, state="running", requests=[START], sent=1, upid=upid)
    found = gone_on(data, row)
    assert (found.state, found.exitstatus) == ("ok", "OK")
    assert len(pve.writes()) == 1


def test_a_task_whose_answer_was_lost_is_found(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.vm(101, "web")
    sent_ms = clock.now_ms()
    upid = opening.client(data, home.name).post(START["path"])
    row = written(data, state="running", requests=[START], sending=0, sent_ms=sent_ms)
    found = gone_on(data, row)
    assert (found.state, found.upid) == ("ok", upid)
    assert len(pve.writes()) == 1


def test_what_left_no_trace_is_not_sent_again(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.vm(101, "web")
    row = written(data, state="running", requests=[START], sending=0, sent_ms=clock.now_ms())
    found = gone_on(data, row)
    assert found.state == "lost"
    assert "the worker ended while the request left" in found.summary
    assert pve.writes() == []
    assert home.name == "home"


def test_what_was_never_sent_is_refused(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.vm(101, "web")
    found = gone_on(data, written(data, state="running", requests=[START]))
    assert (found.state, found.summary) == ("refused", doing.NOT_SENT)
    assert (pve.writes(), home.name) == ([], "home")


def test_what_became_no_task_is_done(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.vm(101, "web", status="running")
    found = gone_on(data, written(data, "change", state="running", requests=[START], sent=1))
    assert (found.state, home.name) == ("ok", "home")


def test_the_ha_manager_is_waited_for_after_a_restart_too(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.vm(101, "web")
    pve.put("ha_state", "stopped", guest=101)
    pve.pace(0.05)
    upid = opening.client(data, home.name).post(START["path"])
    row = written(data, state="running", requests=[START], sent=1, upid=upid)
    assert gone_on(data, row).state == "ok"
    assert pve.get("status", guest=101) == "running"


def test_a_cluster_that_is_gone_leaves_it_lost(data: Path) -> None:
    found = gone_on(data, written(data, state="running", requests=[START], sent=1, upid="UPID:x"))
    assert found.state == "lost"
    assert "the cluster home is not set up any more" in found.summary


def test_what_was_sealed_by_another_key_is_not_begun(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.vm(101, "web")
    row = written(data, "change", state="running", sealed="v1.nonsense", arguments={"settings": {"cores": 1}})
    doing.do(data, row, begins=True)
    found = deeds.deed(data, row.id)
    assert found is not None
    assert (found.state, found.summary) == ("refused", "its password was sealed by another collector's key")
    assert (pve.writes(), home.name) == ([], "home")


def test_a_fault_of_ours_leaves_nobody_waiting(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.vm(101, "web")
    row = written(data, "snapshot", state="running", arguments={"no": "snapshot"})
    doing.do(data, row, begins=True)
    found = deeds.deed(data, row.id)
    assert found is not None
    assert found.state == "lost"
    assert "a fault of the collector (KeyError)" in found.summary
    assert (pve.writes(), home.name) == ([], "home")


def test_what_cannot_be_written_down_is_gone_on_with_later(pve: FakeCluster, desk: Desk) -> None:
    """Nothing is claimed of a deed while the database cannot be used, and nothing is sent twice after that."""
    pve.pace(1.0)
    pve.vm(101, "web")
    pve.put("start_secs", 10_000, guest=101)
    asked = desk.ask("proxmox.guest.start", vmid=101)
    row = desk.until(asked["deed"]["id"], lambda one: bool(one.upid))
    away = desk.data / "away.db"
    (desk.data / "state.db").rename(away)
    end_task(pve, row.upid, "OK")
    until = time.monotonic() + 60
    while any(one.name == f"deed-{row.id}" for one in threading.enumerate()) and time.monotonic() < until:
        time.sleep(0.02)
    away.rename(desk.data / "state.db")
    found = deeds.deed(desk.data, row.id)
    assert found is not None
    assert found.state == "running"
    assert desk.ended(asked).state == "ok"
    assert len(pve.writes()) == 1


def test_what_somebody_else_ended_is_left_alone(pve: FakeCluster, home: Cluster, data: Path) -> None:
    pve.vm(101, "web")
    row = written(data, state="running")
    with changing(data) as connection:
        table.change(connection, row.id, "running", state="lost", summary="told")
    doing.do(data, row, begins=True)
    found = deeds.deed(data, row.id)
    assert found is not None
    assert (found.state, found.summary) == ("lost", "told")
    assert (pve.writes(), home.name) == ([], "home")


VICTIM = """
import os, signal, sys
from pathlib import Path
from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.acting import doing
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing
data, deed_id, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with changing(data) as connection:
    table.begin(connection, deed_id, clock.now_ms())
row, seen = deeds.deed(data, deed_id), [0]
def count(event, _arguments):
    if event in {"sqlite3.connect", "socket.connect"}:
        seen[0] += 1
        if seen[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
doing.do(data, row, begins=True)
"""
WORKER = """
import sys, time
from pathlib import Path
from wakeful_collector import clock
from wakeful_collector.config import Settings
from wakeful_collector.integrations.proxmox.acting import jobs
data, doer = Path(sys.argv[1]), jobs.Doer()
while True:
    doer(data, Settings(data=data), clock.now_ms())
    time.sleep(0.02)
"""


def killed_at(number: int, data: Path, deed_id: str) -> bool:
    """Do a deed in a process that is killed at its connection (to a database or the cluster) of that number."""
    argv = [sys.executable, "-c", VICTIM, str(data), deed_id, str(number)]
    ended = subprocess.run(argv, timeout=120, check=False).returncode
    assert ended in {0, -signal.SIGKILL}
    return ended != 0


def test_a_worker_that_is_killed_anywhere_sends_nothing_twice(pve: FakeCluster, desk: Desk) -> None:
    """A guest that runs is stopped, then deleted: two requests, each once, wherever the worker is killed."""
    ends = []
    for number in range(1, 100):
        vmid = 1_000 + number
        pve.vm(vmid, "web", status="running")
        before = len(pve.requests())
        asked = desk.ask("proxmox.guest.delete", vmid=vmid, stop=True)
        was_killed = killed_at(number, desk.data, asked["deed"]["id"])
        ended = desk.ended(asked)
        sent = [one.method for one in pve.writes(before)]
        assert sent in ([], ["POST"], ["POST", "DELETE"]), number
        is_there = pve.call("guest", vmid) is not None
        if ended.state == "refused":
            assert (sent, is_there) == ([], True), number
        elif ended.state == "ok":
            assert (sent, is_there) == (["POST", "DELETE"], False), number
        else:
            assert sent != ["POST", "DELETE"], (number, ended)
        ends.append(ended.state)
        if not was_killed:
            break
    assert ends[-1] == "ok"
    assert len(ends) > 8
    assert {"refused", "ok"} <= set(ends)


def test_a_whole_worker_is_killed_while_a_task_runs(pve: FakeCluster, desk: Desk) -> None:
    pve.pace(1.0)
    pve.vm(101, "web")
    pve.put("start_secs", 10_000, guest=101)
    asked = desk.ask("proxmox.guest.start", vmid=101)
    child = subprocess.Popen([sys.executable, "-c", WORKER, str(desk.data)])
    until = time.monotonic() + 60
    row = None
    while (row is None or not row.upid) and time.monotonic() < until:
        row = deeds.deed(desk.data, asked["deed"]["id"])
        time.sleep(0.05)
    child.kill()
    child.wait(30)
    assert row is not None
    assert row.state == "running"
    end_task(pve, row.upid, "OK")
    assert desk.ended(asked).state == "ok"
    assert len(pve.writes()) == 1


def test_the_number_of_a_guest_that_was_stopped_went_to_another(pve: FakeCluster, home: Cluster, data: Path) -> None:
    """The worker was away between stopping and deleting for long enough."""
    pve.vm(101, "db", status="stopped", config={"meta": "ctime=1800000000"})
    stop = {**START, "path": "/nodes/pve1/qemu/101/status/stop"}
    remove = {"method": "DELETE", "path": "/nodes/pve1/qemu/101", "form": {}}
    own = {"mark": "ctime=1700000000", "arguments": {"stop": True}}
    row = written(data, "delete", state="running", requests=[stop, remove], sent=1, **own)
    assert gone_on(data, row).state == "failed"
    assert (pve.writes(), home.name) == ([], "home")
    assert pve.call("guest", 101) is not None


def test_what_was_refused_is_not_taken_for_done(pve: FakeCluster, home: Cluster, data: Path) -> None:
    """Killed right after Proxmox refused: the request was answered, but nothing came of it."""
    pve.vm(101, "web")
    row = written(data, "change", state="running", requests=[START])
    book = journal.RowJournal(data, row)
    pve.fail("POST", START["path"], 500, "it is refused")
    request = Request(START["method"], START["path"], {}, 60.0)
    assert not carrying.carry(opening.client(data, home.name), request, book).ok
    left = deeds.deed(data, row.id)
    assert left is not None
    assert gone_on(data, left).state == "refused"
