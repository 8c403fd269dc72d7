"""guest: one virtual machine or container whole."""

import pytest

from wakeful_collector.remote.failure import NOT_FOUND, OK
from wakeful_collector.remote.verbs.proxmox import guest


@pytest.mark.parametrize("word", ["101", "web-1", "WEB-1", "lab/101", "lab/web-1"])
def test_a_guest_by_whatever_names_it(proxmox, word):
    ran = proxmox("guest", word, scope="read")
    assert (ran.code, ran.err) == (OK, "")
    assert ran.out.startswith("web-1 (101)  virtual machine of lab  running")
    for said in ("node", "prod web", "never backed up", "virtio=BC:24:11:00:00:01,bridge=vmbr0"):
        assert said in ran.out


def test_part_of_a_name_is_not_enough(proxmox):
    ran = proxmox("guest", "web")
    assert (ran.code, "did you mean web-1?" in ran.err) == (NOT_FOUND, True)
    assert proxmox("guest", "nowhere/101").code == NOT_FOUND


def test_what_waits_for_a_restart_and_snapshots(proxmox, estate):
    assert estate.deed("snapshot", vmid=101, snapshot="before", description="an upgrade")["state"] == "ok"
    assert estate.deed("change", vmid=101, settings={"memory": "3000"})["state"] == "ok"
    try:
        estate.look()
        ran = proxmox("guest", "101")
        assert "2048 -> 3000" in ran.out
        assert "SNAPSHOT" in ran.out
        assert "waits for a restart" in ran.out
        document = proxmox("guest", "101", "--json").document["guest"]
        assert [one["name"] for one in document["snapshots"]] == ["before"]
    finally:
        estate.deed("change", vmid=101, settings={"memory": "2048"})
        estate.deed("snapshot_delete", vmid=101, snapshot="before")
    estate.look()
    assert "waits for a restart" not in proxmox("guest", "101").out


def test_what_is_not_permitted_is_said(capsys):
    from wakeful_collector.remote.session import Session

    one = {"config_state": "not_permitted", "config_reason": "VM.Audit is missing", "vmid": 1}
    session = Session({})
    guest._config(session.out, one)
    guest._snapshots(session.out, {"snapshots": ["x"]})
    assert capsys.readouterr().out == "configuration  not permitted: VM.Audit is missing\n"
