"""status: how clusters stand, with what is wrong first."""

from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.verbs.proxmox import status

from ...counterparts import await_true


def test_clusters_in_a_line_each(proxmox):
    bare = proxmox()
    assert (bare.code, bare.out) == (OK, proxmox("status").out)
    head, line = bare.out.splitlines()[:2]
    assert head.split()[:4] == ["CLUSTER", "STATE", "NODES", "GUESTS"]
    assert line.split()[:4] == ["lab", "ok", "2/2", "2/4"]
    document = proxmox("status", "--json").document
    assert {one["name"] for one in document["nodes"]} == {"pve1", "pve2"}


def test_what_is_wrong_is_said(proxmox, estate):
    estate.pve.offline("pve2")
    try:
        await_true(lambda: "node pve2 not online" in proxmox("status").out, "the node is missed")
    finally:
        estate.pve.offline("pve2", offline=False)
    await_true(lambda: "not online" not in proxmox("status").out, "the node is back")


def test_the_worst_comes_first():
    cluster = {"name": "lab", "error": "no answer", "quorate": False}
    nodes = [{"name": "pve1", "status": "offline"}, {"name": "pve2", "status": "unknown"}]
    guests = [{"vmid": 1, "name": "a", "lock": "backup"}, *({"vmid": n, "lock": "migrate"} for n in range(20))]
    said = [cell.text for cell in status.wrong(cluster, nodes, guests)]
    assert said[0] == "it cannot be read: no answer; wakeful proxmox test-connection lab explains it"
    assert said[1].startswith("there is no quorum")
    assert said[2] == "nodes pve1, pve2 not online"
    assert said[3].startswith("locked: a (1), 0, 1")
    assert said[3].endswith("...")
    assert status.wrong({"name": "lab"}, [], []) == []


def test_none_yet(wakeful, shared, shared_keys):
    environ = {"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared_keys["read"]}
    assert "No clusters yet" in wakeful("proxmox", **environ).err
    assert wakeful("proxmox", "--json", **environ).document == {"clusters": []}
