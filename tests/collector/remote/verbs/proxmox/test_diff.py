"""diff: what is other than it was."""

from wakeful_collector.remote.failure import OK, USAGE


def test_between_two_moments(proxmox, estate):
    estate.deed("change", vmid=103, settings={"sockets": 2})
    estate.look()
    ran = proxmox("diff", "1h", "--cluster", "lab", scope="read")
    assert ran.code == OK
    assert ran.out.splitlines()[0].split()[:4] == ["WHAT", "FIELD", "WAS", "IS"]
    fields = [one["field"] for one in proxmox("diff", "1h", "--json").document["differences"]]
    assert "config.sockets" in fields
    estate.deed("change", vmid=103, delete=["sockets"])


def test_nothing_and_too_far(proxmox):
    ran = proxmox("diff", "2020-01-01", "2020-01-02")
    assert (ran.code, "Nothing is other" in ran.err) == (OK, True)
    assert proxmox("diff", "soon").code == USAGE
