"""plan: what would be changed."""

from wakeful_collector.remote.failure import OK, REFUSED, USAGE

from .declared import box


def test_nothing_to_change_is_zero_and_changes_are_three(proxmox, tmp_path, estate):
    same = proxmox("plan", box(tmp_path), scope="read")
    assert (same.code, same.out) == (OK, "All is as declared.\n")
    before = len(estate.pve.requests())
    other = box(tmp_path, "2G")
    ran = proxmox("plan", other, "--cluster", "lab", scope="read")
    assert ran.code == 3
    assert "VM 103 (box): change" in ran.out
    assert "1024 -> 2048" in ran.out
    assert f"wakeful proxmox apply {other}" in ran.err
    found = proxmox("plan", other, "--json")
    assert (found.code, found.document["plan"]["pending"]) == (3, True)
    assert estate.pve.writes(before) == []


def test_what_cannot_be_planned_is_never_three(proxmox, tmp_path, wakeful, estate, shared):
    ran = proxmox("plan", box(tmp_path, "a lot"))
    assert (ran.code, "box.yaml:7" in ran.err) == (USAGE, True)
    assert proxmox("plan", box(tmp_path, "a lot"), "--json").code == USAGE
    environ = {"WAKEFUL_URL": estate.served.url, "WAKEFUL_API_KEY": shared.key("gateway")}
    assert wakeful("proxmox", "plan", box(tmp_path), **environ).code == REFUSED
