"""drift and wishes: what the collector keeps clusters to."""

from wakeful_collector.remote.failure import OK

from .declared import box


def test_drift_is_told_with_old_and_new(proxmox, estate, tmp_path):
    assert "No wishes are kept yet" in proxmox("drift").err
    estate.look()
    assert proxmox("wishes", "keep", box(tmp_path), "--note", "first", "--yes").code == OK
    ran = proxmox("drift", scope="read")
    assert (ran.code, ran.out) == (OK, "Nothing drifted: all is as declared.\n")
    estate.deed("change", vmid=103, settings={"memory": "1500"})
    estate.look()
    ran = proxmox("drift", "--cluster", "lab")
    assert (ran.code, "1500 -> 1024" in ran.out) == (3, True)
    assert proxmox("drift", "--json").code == 3
    estate.deed("change", vmid=103, settings={"memory": "1024"})
    estate.look()
    assert proxmox("drift").code == OK
