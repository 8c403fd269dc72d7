"""guest: one virtual machine or container whole."""

import pytest

from wakeful_collector.remote.failure import FAILED, NOT_FOUND, OK
from wakeful_collector.remote.verbs.proxmox import guest

from .answers import environ_of, results


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


def test_the_host_in_it_and_its_last_backup(wakeful):
    row = {"cluster": "lab", "vmid": 101, "name": "web", "kind": "qemu", "status": "running"}
    backups = {"newest": "2026-11-22T00:00:00Z", "size_bytes": 2**30, "count": 3}
    whole = row | {"host": {"id": "h-1", "evidence": "smbios uuid"}, "backups": backups}
    with results({"guests": [row]}, {"guest": whole}) as there:  # it tells no host of that id by its name
        ran = wakeful("proxmox", "guest", "web", **environ_of(there))
    assert ran.code == OK
    assert "(by smbios uuid)" in ran.out
    assert "1.0 GiB, 3 kept" in ran.out
    with results({"guests": [row]}, {}) as there:
        assert wakeful("proxmox", "guest", "web", **environ_of(there)).code == FAILED


def test_a_host_that_was_forgotten_is_told_by_its_id(proxmox, estate):
    from wakeful_collector.remote.session import Session

    session = Session({"WAKEFUL_URL": estate.served.url, "WAKEFUL_API_KEY": estate.keys["read"]})
    assert guest._host(session, {"id": "nobody", "evidence": ""}) == "nobody"
    session.close()
