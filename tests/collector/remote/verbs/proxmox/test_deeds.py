"""deeds: what was asked of guests and what became of it."""

import pytest

from wakeful_collector.remote.failure import NOT_FOUND, OK, REFUSED, USAGE


@pytest.fixture
def done(estate):
    found = estate.deed("snapshot", vmid=103, snapshot="listed")
    estate.deed("snapshot_delete", vmid=103, snapshot="listed")
    return found


def test_deeds_are_listed(proxmox, done):
    ran = proxmox("deeds", scope="read")
    assert ran.code == OK
    assert ran.out.splitlines()[0].split()[:4] == ["ID", "STATE", "DEED", "GUEST"]
    assert done["id"] in ran.out
    mine = proxmox("deeds", "--guest", "box", "--limit", "1", "--json").document["deeds"]
    assert [one["deed"] for one in mine] == ["snapshot_delete"]
    assert proxmox("deeds", "--guest", "dns", "--cluster", "lab").code == OK


def test_one_is_shown_with_its_log(proxmox, done):
    ran = proxmox("deeds", done["id"])
    assert (ran.code, ran.out.startswith("ok "), "TASK OK" in ran.out) == (OK, True, True)
    assert proxmox("deeds", done["id"], "--json").document["id"] == done["id"]
    assert proxmox("deeds", "nothing").code == NOT_FOUND


def test_what_ended_cannot_be_stopped(proxmox, done):
    assert proxmox("deeds", done["id"], "--stop").code == REFUSED
    ran = proxmox("deeds", done["id"], "--stop", "--yes")
    assert (ran.code, "ended already" in ran.err) == (REFUSED, True)
    assert proxmox("deeds", "--stop").code == USAGE
    assert proxmox("deeds", "--wait").code == USAGE


def test_applied_plans(proxmox):
    assert proxmox("deeds", "--applies").code == OK
    assert isinstance(proxmox("deeds", "--applies", "--json").document["applies"], list)
    assert proxmox("deeds", "--applies", "nothing-like-it").code == NOT_FOUND
