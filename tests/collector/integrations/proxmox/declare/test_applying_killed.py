"""Applies whose worker was killed: what it may have sent is never sent again on a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.acting import carrying
from wakeful_collector.integrations.proxmox.acting.deeds import Request
from wakeful_collector.integrations.proxmox.declare.apply_journal import StepJournal
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store.changes import changing

from .approved import asked, web

if TYPE_CHECKING:
    from .conftest import Desk


def left_behind(desk: Desk, apply_id: str, **columns: object) -> dict:
    """Return how an apply ends whose worker was killed, with its first step as those columns say."""
    with changing(desk.data) as connection:
        table.change(connection, apply_id, ("asked",), state="running", begun_ms=1)
        table.change_step(connection, apply_id, 1, state="running", **columns)
    return desk.ended(apply_id)


def test_a_step_of_which_nothing_left_is_done_by_the_next_worker(desk: Desk) -> None:
    ended = left_behind(desk, asked(desk, web("name: front")))
    assert ended["state"] == "ok", ended["summary"]
    assert desk.look().guest(101).wanted["name"] == "front"


def test_a_step_whose_task_is_known_is_followed_and_its_rest_is_done(desk: Desk) -> None:
    apply_id = asked(desk, web("cores: 4"), allow_reboot=True)
    upid = opening.client(desk.data, "home").post("/nodes/pve1/qemu/101/config", cores="4")
    before = len(desk.pve.requests())
    ended = left_behind(desk, apply_id, sent=1, upid=upid or "", sent_ms=clock.now_ms())
    assert ended["state"] == "ok", ended["summary"]
    assert [one.path.rpartition("/")[2] for one in desk.pve.writes(before)] == ["reboot"]
    guest = desk.look().guest(101)
    assert (guest.config["cores"], guest.pending) == ("4", {})


def test_a_step_whose_answer_was_lost_is_looked_for_and_never_sent_again(desk: Desk) -> None:
    apply_id = asked(desk, web("state: stopped"), allow_stop=True)
    sent_ms = clock.now_ms()
    opening.client(desk.data, "home").post("/nodes/pve1/qemu/101/status/shutdown", timeout=180)
    before = len(desk.pve.requests())
    ended = left_behind(desk, apply_id, sending=0, sent_ms=sent_ms)
    assert ended["state"] == "ok", ended["summary"]
    assert desk.pve.writes(before) == []


def test_a_step_of_which_nobody_knows_is_lost_and_resumes_when_somebody_says_so(desk: Desk) -> None:
    apply_id = asked(desk, web("state: stopped"), allow_stop=True)
    before = len(desk.pve.requests())
    ended = left_behind(desk, apply_id, sending=0, sent_ms=clock.now_ms())
    assert ended["state"] == "lost"
    assert "nobody knows" in ended["summary"]
    assert desk.pve.writes(before) == []
    assert desk.approve(resume=apply_id)["state"] == "ok"
    assert desk.look().guest(101).status == "stopped"


def test_a_step_whose_answer_was_lost_is_done_where_it_has_come_true(desk: Desk) -> None:
    apply_id = asked(desk, web("state: stopped"), allow_stop=True)
    desk.pve.put("status", "stopped", guest=101)
    ended = left_behind(desk, apply_id, sending=0, sent_ms=clock.now_ms())
    assert ended["state"] == "ok", ended["summary"]
    assert ended["steps"][0]["detail"] == "its answer was lost; it is so"


def test_a_step_whose_task_failed_meanwhile_has_failed(desk: Desk) -> None:
    apply_id = asked(desk, web("state: stopped"), allow_stop=True)
    upid = opening.client(desk.data, "home").post("/nodes/pve1/qemu/101/status/shutdown", timeout=180)
    desk.pve.merge("tasks", {upid: {**desk.pve.get("tasks")[upid], "status": "stopped", "exitstatus": "no answer"}})
    desk.pve.put("status", "running", guest=101)
    ended = left_behind(desk, apply_id, sent=1, upid=upid, sent_ms=clock.now_ms())
    assert ended["state"] == "failed"
    assert "no answer" in ended["summary"]


def test_the_rest_of_a_step_is_not_done_to_another_guest(desk: Desk) -> None:
    """The worker was away between stopping and deleting, and the number went to another guest."""
    desk.pve.merge("config", {"meta": "ctime=1700000000"}, guest=101)
    apply_id = asked(desk, web("state: absent"), allow_destroy=True)
    desk.pve.forget(101)
    desk.pve.vm(101, "db", config={"meta": "ctime=1800000000"})
    before = len(desk.pve.requests())
    ended = left_behind(desk, apply_id, sent=1)
    assert (ended["state"], "another one by now" in ended["summary"]) == ("failed", True)
    assert desk.pve.writes(before) == []


def test_a_request_that_was_refused_is_not_gone_on_from(desk: Desk) -> None:
    """Killed right after Proxmox refused the first request: the second is not sent without it."""
    apply_id = asked(desk, web("cores: 4"), allow_reboot=True)
    journal = StepJournal(desk.data, apply_id, 1, 0)
    desk.pve.fail("POST", "/nodes/pve1/qemu/101/config", 500, "it is refused")
    api = opening.client(desk.data, "home")
    request = Request("POST", "/nodes/pve1/qemu/101/config", {"cores": "4"}, 60.0)
    assert not carrying.carry(api, request, journal).ok
    before = len(desk.pve.requests())
    ended = left_behind(desk, apply_id)
    assert (ended["state"], "it is refused" in ended["summary"]) == ("failed", True)
    assert [one.path.rpartition("/")[2] for one in desk.pve.writes(before)] == ["config"]


def test_of_a_step_of_which_less_was_left_nothing_is_sent_twice(desk: Desk) -> None:
    """Somebody else wrote the setting, so that only its reboot was left; the worker was killed after that."""
    apply_id = asked(desk, web("cores: 4"), allow_reboot=True)
    opening.client(desk.data, "home").post("/nodes/pve1/qemu/101/config", cores="4")
    before = len(desk.pve.requests())
    assert desk.ended(apply_id)["state"] == "ok"
    assert [one.path.rpartition("/")[2] for one in desk.pve.writes(before)] == ["reboot"]
    with changing(desk.data) as connection:  # as it stood just before its end was noted
        table.change(connection, apply_id, ("ok",), state="running", finished_ms=None)
        table.change_step(connection, apply_id, 1, state="running", finished_ms=None)
    before = len(desk.pve.requests())
    ended = desk.ended(apply_id)
    assert (ended["state"], ended["steps"][0]["detail"]) == ("ok", "it is so already"), ended["summary"]
    assert desk.pve.writes(before) == []


def test_of_a_step_of_which_less_was_left_a_lost_answer_is_not_guessed(desk: Desk) -> None:
    apply_id = asked(desk, web("cores: 4"), allow_reboot=True)
    opening.client(desk.data, "home").post("/nodes/pve1/qemu/101/config", cores="4")
    before = len(desk.pve.requests())
    ended = left_behind(desk, apply_id, sending=2, sent=2, sent_ms=clock.now_ms())
    assert (ended["state"], "nobody knows" in ended["summary"]) == ("lost", True)
    assert desk.pve.writes(before) == []
