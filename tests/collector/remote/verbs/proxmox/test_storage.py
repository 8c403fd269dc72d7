"""storage: where disks, images and backups are kept."""

from wakeful_collector.remote.failure import NOT_FOUND, OK


def test_storages_are_listed(proxmox):
    ran = proxmox("storage", scope="read")
    assert ran.code == OK
    assert ran.out.splitlines()[0].split()[:4] == ["CLUSTER", "STORAGE", "NODE", "TYPE"]
    assert "local-lvm" in ran.out
    assert "backup" not in proxmox("storage", "--content", "images").out
    only = proxmox("storage", "--node", "pve2", "--json").document["storages"]
    assert {one["node"] for one in only} == {"pve2"}


def test_what_one_holds(proxmox):
    ran = proxmox("storage", "local-lvm", "--content", "images", "--node", "pve1", "--json")
    assert ran.code == OK
    assert {one["content"] for one in ran.document["contents"]} <= {"images"}
    assert proxmox("storage", "local", "--content", "nothing-like-it").err.startswith("Nothing there")
    assert proxmox("storage", "nowhere").code == NOT_FOUND
