"""Completion behind `wakeful proxmox`, from what the collector has seen."""

import pytest


@pytest.fixture
def candidates(wakeful, estate):
    def ask(*words):
        environ = {"WAKEFUL_URL": estate.served.url, "WAKEFUL_API_KEY": estate.keys["admin"]}
        ran = wakeful("__complete", "proxmox", *words, **environ)
        assert (ran.code, ran.err) == (0, "")
        return ran.out.splitlines()

    return ask


def test_commands_guests_and_clusters(candidates):
    assert candidates("snap") == ["snapshot", "snapshot-delete"]
    assert candidates("--js") == ["--json"]
    assert candidates("guest", "") == ["web-1", "db-1", "box", "dns", "101", "102", "103", "200"]
    assert candidates("guests", "--cluster", "") == ["lab"]
    assert candidates("nodes", "pve") == ["pve1", "pve2"]
    assert "local-lvm" in candidates("storage", "lo")
    assert candidates("test-connection", "--for", "") == ["look", "act", "declare"]


def test_arguments_of_what_is_done(candidates, estate):
    assert candidates("migrate", "box", "") == ["pve1", "pve2", "with_local_disks=", "target_storage="]
    assert candidates("shutdown", "box", "force=") == ["force=yes", "force=no"]
    assert candidates("clone", "box", "format=q") == ["format=qcow2"]
    assert candidates("clone", "box", "target=") == ["target=pve1", "target=pve2"]
    assert "poll_seconds=" in candidates("change", "lab", "p")
    assert "name=" not in candidates("change", "lab", "")
    estate.deed("snapshot", vmid=103, snapshot="offered")
    estate.look()
    assert candidates("rollback", "box", "off") == ["offered"]
    assert candidates("rollback", "nobody", "") == ["start="]
    estate.deed("snapshot_delete", vmid=103, snapshot="offered")
    assert candidates("deeds", "")
