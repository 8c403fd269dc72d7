"""What a poll no longer lists: gone, hidden, or not sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.sync import permitted, vanished
from wakeful_collector.integrations.proxmox.sync.vanished import GONE, HIDDEN, UNSURE, Judge
from wakeful_collector.model.estate import Guest

from .looks import paths

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .looks import Looks


def guest(vmid: int = 100, state: str = "seen") -> Guest:
    return Guest("home", vmid, "qemu", node="pve1", config_state=state)


def judge(looks: Looks, *, same: bool = True) -> Judge:
    client = opening.client(looks.data, "home")
    held = permitted.permissions(client.get("/access/permissions"))
    return Judge(client, held if same else {"/": {"VM.Audit": 1}})


def test_one_that_its_node_does_not_know_is_gone(looks: Looks) -> None:
    assert judge(looks, same=False).guests([guest()], again=False) == {"qemu/100": GONE}


def test_one_that_is_there_after_all_stays(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web")

    assert judge(looks).guests([guest()], again=False) == {}


def test_one_that_may_not_be_seen_is_hidden(looks: Looks, pve: FakeCluster) -> None:
    pve.fail("GET", "/nodes/pve1/qemu/100/pending", 403, "Permission check failed (/vms/100, VM.Audit)")

    assert judge(looks).guests([guest()], again=False) == {"qemu/100": HIDDEN}


@pytest.mark.parametrize(("same", "verdict"), [(True, GONE), (False, UNSURE)])
def test_where_the_node_says_nothing_it_is_gone_only_when_the_login_may_what_it_could(
    looks: Looks, pve: FakeCluster, same: bool, verdict: str
) -> None:
    pve.fail("GET", "/nodes/pve1/qemu/100/pending", 595, "Connection refused")

    assert judge(looks, same=same).guests([guest()], again=False) == {"qemu/100": verdict}


def test_of_many_none_is_asked_where_the_login_may_what_it_could(looks: Looks, pve: FakeCluster) -> None:
    many = [guest(vmid) for vmid in range(100, 200)]
    one = judge(looks)
    before = len(pve.requests())

    assert set(one.guests(many, again=False).values()) == {GONE}
    assert paths(pve.requests(before)) == ["/access/permissions"]


def test_of_many_all_are_asked_where_the_login_may_less(
    looks: Looks, pve: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vanished, "ASKED_MAX", 40)
    for vmid in range(100, 130):
        pve.fail("GET", f"/nodes/pve1/qemu/{vmid}/pending", 403, "Permission check failed")
    found = judge(looks, same=False).guests([guest(vmid) for vmid in range(100, 200)], again=False)

    assert len(found) == 40
    assert list(found.values()) == [HIDDEN] * 30 + [GONE] * 10


def test_what_is_hidden_is_not_asked_for_each_time(looks: Looks) -> None:
    hidden = guest(state="not_permitted")

    assert judge(looks).guests([hidden], again=False) == {}
    assert judge(looks).guests([hidden], again=True) == {"qemu/100": GONE}


def test_what_the_login_may_not_see_is_hidden_however_often_it_is_asked(looks: Looks, pve: FakeCluster) -> None:
    """The survey has learned what the login may now: that it is the same says nothing of what it cannot see."""
    held = {"/vms": {"VM.PowerMgmt": 1}, "/vms/101": {"VM.Audit": 1}, "/storage": {"Datastore.Audit": 1}}
    pve.answer("GET /access/permissions", held)
    one = judge(looks)
    many = [guest(vmid, "not_permitted") for vmid in range(100, 200)]

    assert one.may_as_before()
    found = one.guests(many, again=True)
    assert found.pop("qemu/101") == GONE
    assert set(found.values()) == {HIDDEN}
    pve.fail("GET", "/nodes/pve1/qemu/100/pending", 595, "Connection refused")
    assert one.guests([guest(100)], again=True) == {"qemu/100": UNSURE}
    assert one.sees_storage("local")
    pve.answer("GET /access/permissions", {"/vms": {"VM.Audit": 1}})
    assert not judge(looks).sees_storage("local")


def test_what_the_login_may_that_cannot_be_had_is_not_the_same(looks: Looks, pve: FakeCluster) -> None:
    one = judge(looks)
    pve.fail("GET", "/access/permissions", 500, "no")

    assert not one.may_as_before()
    assert not Judge(opening.client(looks.data, "home"), {}).may_as_before()
