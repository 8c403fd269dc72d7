"""One request, sent once, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.acting import carrying, tasks
from wakeful_collector.integrations.proxmox.acting.deeds import Request
from wakeful_collector.integrations.proxmox.link.errors import PveError

from .conftest import Book, end_task

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.client import Client

    from .....fakes.proxmox import FakeCluster

START = Request("POST", "/nodes/pve1/qemu/101/status/start", {}, 60.0)


def test_a_task_is_followed_and_the_journal_knows_first(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web")
    outcome = carrying.carry(client, START, book, pve.token_id)
    assert (outcome.state, outcome.exitstatus) == (tasks.OK, "OK")
    assert [one for one in book.told if isinstance(one, tuple)] == [("sending", START.path), ("sent", "qmstart")]


def test_what_becomes_no_task_is_done_when_it_is_answered(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.ct(200, "db")
    change = Request("PUT", "/nodes/pve1/lxc/200/config", {"cores": "2"}, 60.0)
    assert carrying.carry(client, change, book).ok
    assert book.told[-1] == ("sent", "")
    assert pve.get("config", guest=200)["cores"] == 2


def test_parameters_of_a_deletion_are_in_its_query(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web")
    assert carrying.carry(client, Request("DELETE", "/nodes/pve1/qemu/101", {"purge": "1"}, 60.0), book).ok
    assert pve.writes()[-1].query == {"purge": "1"}


def test_a_refusal_is_the_end(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web")
    pve.quorum(False)
    outcome = carrying.carry(client, START, book)
    assert (outcome.state, outcome.exitstatus) == (tasks.FAILED, "cluster not ready - no quorum?")
    assert book.told[-1] == ("refused",)
    assert len(pve.writes()) == 1


@pytest.mark.parametrize("as_task", [True, False])
def test_a_lock_of_a_moment_is_tried_again(pve: FakeCluster, client: Client, book: Book, as_task: bool) -> None:
    pve.vm(101, "web")
    words = "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout"
    if as_task:
        pve.put("lock_holder", "somebody", guest=101)
        tries = 4
    else:
        pve.fail("POST", START.path, 500, words, times=2)
        tries = 3
    outcome = carrying.carry(client, START, book, pause_seconds=0.01)
    assert len(pve.writes()) == tries
    assert outcome.ok is not as_task
    assert as_task is (words in outcome.exitstatus)


def test_whoever_wants_it_to_end_is_minded_between_tries(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.fail("POST", START.path, 500, "can't lock file 'x' - got timeout")
    book.stopped = True
    assert not carrying.carry(client, START, book, pause_seconds=60.0).ok
    assert len(pve.writes()) == 1


def test_a_request_whose_answer_was_lost_is_followed_by_its_task(pve: FakeCluster, client: Client, book: Book) -> None:
    """The proxying node gave up (596), but the task runs: it is found, and nothing is sent twice."""
    pve.pace(1.0)
    pve.vm(101, "web")
    pve.put("start_secs", 10_000, guest=101)
    upid = client.post(START.path)
    pve.fail("POST", START.path, 596, "Connection timed out")
    end_task(pve, upid, "OK")
    outcome = carrying.carry(client, START, book, pve.token_id)
    assert (outcome.state, outcome.upid) == (tasks.OK, upid)
    assert ("sent", "qmstart") in book.told
    assert len(pve.writes()) == 2


def test_a_request_whose_answer_was_lost_without_a_trace_is_unknown(
    pve: FakeCluster, client: Client, book: Book
) -> None:
    pve.vm(101, "web")
    pve.fail("POST", START.path, 599, "Too many redirections")
    outcome = carrying.carry(client, START, book, pve.token_id)
    assert outcome.state == tasks.UNKNOWN
    assert outcome.exitstatus == "no answer came: Too many redirections"
    assert [one for one in book.told if isinstance(one, tuple)] == [("sending", START.path)]


@pytest.mark.parametrize(
    ("path", "answer", "state", "words"),
    [
        ("/nodes/pve1/vzdump", "OK", tasks.FAILED, "no task was begun: it answered 'OK'"),
        ("/nodes/pve1/vzdump", None, tasks.UNKNOWN, "it answered without a task"),
        ("/nodes/pve1/qemu/101/status/start", None, tasks.UNKNOWN, "it answered without a task"),
        ("/nodes/pve1/qemu/101/status/start", "UPID:what?", tasks.UNKNOWN, "cannot be read: UPID:what?"),
        ("/nodes/pve1/qemu/101/config", None, tasks.OK, "OK"),
        ("/pools", None, tasks.OK, "OK"),
    ],
)
def test_answers_without_a_task(
    pve: FakeCluster, client: Client, book: Book, path: str, answer: str | None, state: str, words: str
) -> None:
    pve.answer(f"POST {path}", answer)
    outcome = carrying.carry(client, Request("POST", path, {"cores": "1"}, 60.0), book)
    assert (outcome.state, words in outcome.exitstatus) == (state, True)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PveError("unreachable", "reset", uncertain=True), True),
        (PveError("unreachable", "refused"), False),
        (PveError("garbled", "<html>", 200), True),
        (PveError("node_unreachable", "", 595), False),
        (PveError("node_unreachable", "", 596), True),
        (PveError("unreachable", "", 504), True),
        (PveError("server", "VM 101 is running", 500), False),
        (PveError("forbidden", "", 403), False),
    ],
)
def test_what_may_have_arrived(error: PveError, expected: bool) -> None:
    assert carrying.may_have_arrived(error) is expected


class Losing:
    """A way to a cluster on which the second change that is sent gets lost."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.get, self.put, self.delete = client.get, client.put, client.delete
        self.sent = 0

    def post(self, path: str, **form: str) -> object:
        self.sent += 1
        if self.sent == 2:
            raise PveError("unreachable", "the connection broke", uncertain=True)
        return self._client.post(path, **form)


def test_the_task_of_the_first_try_is_not_taken_for_that_of_the_second(
    pve: FakeCluster, client: Client, book: Book
) -> None:
    """It failed for a lock of a moment; what came of the second try nobody knows, so there is no third."""
    pve.vm(101, "web")
    pve.put("lock_holder", "somebody", guest=101)
    api = Losing(client)
    outcome = carrying.carry(api, START, book, pve.token_id, pause_seconds=0.01)  # type: ignore[arg-type]  # a stand-in
    assert (outcome.state, api.sent) == (tasks.UNKNOWN, 2)
