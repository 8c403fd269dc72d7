"""backups: how old each guest's last backup is."""

from wakeful_collector.remote.failure import OK


def test_never_comes_first(proxmox):
    ran = proxmox("backups", scope="read")
    assert ran.code == OK
    assert ran.out.splitlines()[0].split()[:3] == ["CLUSTER", "ID", "NAME"]
    assert "never" in ran.out
    never = proxmox("backups", "--never", "--json").document["backups"]
    assert never
    assert all(one["is_never"] for one in never)
    assert len(proxmox("backups", "--older", "1h", "--json").document["backups"]) >= len(never)
    assert proxmox("backups", "--cluster", "lab").code == OK
