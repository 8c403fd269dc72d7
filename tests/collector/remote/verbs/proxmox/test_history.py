"""history: what changed, from what to what."""

from wakeful_collector.remote.failure import NOT_FOUND, OK
from wakeful_collector.remote.verbs.proxmox import history


def test_changes_have_old_and_new(proxmox, estate):
    estate.deed("change", vmid=103, settings={"cores": 6})
    estate.look()
    ran = proxmox("history", "--since", "1h", scope="read")
    assert ran.code == OK
    assert ran.out.splitlines()[0].split() == ["WHEN", "CLUSTER", "WHAT", "FIELD", "FROM", "TO", "BY"]
    (line,) = [line for line in ran.out.splitlines() if " config.cores " in line]
    assert line.split("config.cores")[1].split()[:2] == ["4", "6"]
    assert "root@pam!wakeful" in line
    document = proxmox("history", "103", "--limit", "1", "--json").document
    assert len(document["changes"]) == 1
    estate.deed("change", vmid=103, settings={"cores": 4})


def test_of_nobody(proxmox):
    assert proxmox("history", "nobody").code == NOT_FOUND
    ran = proxmox("history", "dns", "--since", "1s")
    assert ran.code == OK


def test_what_came_and_went():
    assert history.what({"name": "web", "id": "qemu/1"}) == "web (qemu/1)"
    assert history.what({"name": "pve1", "id": "pve1"}) == "pve1"
    came = history._row({"old": None, "new": "web", "id": "qemu/1"})
    assert (came[4], came[5]) == ("", "there")
    went = history._row({"old": "web", "new": None, "id": "qemu/1"})
    assert (went[4], went[5]) == ("there", "gone")
