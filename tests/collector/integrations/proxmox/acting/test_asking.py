"""Asking: what is refused at the door, and what is written down."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.integrations.proxmox.acting import asking, seats
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.operations import OperationError
from wakeful_collector.operations.registry import Context, Request
from wakeful_collector.read import audit
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store.changes import changing

from .rows import written

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .conftest import Desk


def refused(desk: Desk, kind: str, **given: Any) -> OperationError:
    with pytest.raises(OperationError) as caught:
        desk.ask(f"proxmox.guest.{kind}", **given)
    assert deeds.deeds(desk.data).deeds == []
    return caught.value


def test_what_cannot_be_done_is_said_at_once_and_audited(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web", status="running", config={"protection": 1})
    pve.vm(102, "db", lock="backup")
    error = refused(desk, "stop", vmid=101)
    assert (error.code, error.status) == ("protected", 409)
    assert "protection is on in Proxmox" in error.message
    row = audit.rows(desk.data, 1)[0].entry
    assert (row.outcome, row.detail["why"], row.subject) == ("failed", "protected", "101")
    assert "is locked (backup)" in refused(desk, "start", vmid=102).message
    assert (refused(desk, "start", vmid=999).code, refused(desk, "start", vmid=999).status) == ("unknown_guest", 404)
    assert refused(desk, "start", vmid=101, cluster="lab").code == "unknown_cluster"
    assert refused(desk, "change", vmid=102, settings={}).code == "locked"
    assert refused(desk, "resize", vmid=101, disk="scsi0", size="lots").status == 400
    assert pve.writes() == []


def test_a_cluster_that_cannot_be_asked_is_said_so(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web")
    pve.stop()
    error = refused(desk, "start", vmid=101)
    assert (error.code, error.status) == ("proxmox_unreachable", 502)
    pve.start()


def test_a_slow_cluster_does_not_take_every_thread(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web")
    most = max(1, desk.settings.web_threads // 3)
    with ExitStack() as taken:
        for _ in range(most):
            taken.enter_context(seats.seat(most))
        error = refused(desk, "start", vmid=101)
    assert (error.code, error.status) == ("busy", 503)
    assert desk.do("start", vmid=101).state == "ok"


def test_so_many_deeds_and_no_more(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web")
    for _ in range(asking.OPEN_MAX):
        written(desk.data)
    with pytest.raises(OperationError) as caught:
        desk.ask("proxmox.guest.start", vmid=101)
    assert (caught.value.code, caught.value.status) == ("too_many", 429)


def test_a_key_is_one_persons(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web")
    written(desk.data, principal="user:eve", request_key="k")
    assert not desk.ask("proxmox.guest.start", vmid=101, request_key="k")["known"]
    dry = desk.ask("proxmox.guest.start", vmid=101, request_key="k", dry_run=True)
    assert dry["dry_run"]


def test_a_key_is_one_guests(pve: FakeCluster, desk: Desk) -> None:
    pve.vm(101, "web")
    pve.vm(102, "db")
    first = desk.ask("proxmox.guest.start", vmid=101, request_key="k")
    assert desk.ask("proxmox.guest.start", vmid=101, request_key="k")["deed"]["id"] == first["deed"]["id"]
    with pytest.raises(OperationError) as caught:
        desk.ask("proxmox.guest.start", vmid=102, request_key="k")
    assert (caught.value.code, caught.value.status) == ("request_key_taken", 409)


def test_two_who_ask_at_once_under_one_key_get_one_deed(pve: FakeCluster, desk: Desk) -> None:
    """Both have looked before either has written."""
    pve.vm(101, "web")
    given = {"cluster": "home", "vmid": 101, "request_key": "k"}
    who = Principal("user:ada", implied(("admin",)), "192.0.2.7", "web", "session", 1)
    looked = [asking.prepared(Request(who, desk.settings, 1_000), "start", given) for _ in range(2)]
    found = []
    for one in looked:
        with changing(desk.data) as connection:
            found.append(asking.written(Context(connection, who, desk.settings, 1_000, one), "start", given))
    assert [one["known"] for one in found] == [False, True]
    assert found[0]["deed"]["id"] == found[1]["deed"]["id"]


@pytest.mark.parametrize(
    ("kind", "status"), [("forbidden", 403), ("missing", 404), ("parameter", 422), ("locked", 409), ("server", 502)]
)
def test_errors_of_the_cluster_have_a_status(kind: str, status: int) -> None:
    error = asking.from_cluster(PveError(kind, "why"))
    assert (error.code, error.status, error.message) == (f"proxmox_{kind}", status, "why")
