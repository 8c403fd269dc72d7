"""drift and wishes: what the collector keeps clusters to."""

from wakeful_collector.remote.failure import OK

from .answers import environ_of, results
from .declared import box


def test_drift_is_told_with_old_and_new(proxmox, estate, tmp_path):
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


def test_since_when_it_is_so(wakeful):
    step = {"number": 1, "cluster": "lab", "title": "VM 1", "kind": "change", "effect": "live", "old": {}, "new": {}}
    drifted = {"plan": {"steps": [step]}, "errors": [], "version": 1, "since": "2026-11-22T00:00:00Z"}
    with results(drifted) as there:
        ran = wakeful("proxmox", "drift", **environ_of(there))
    assert (ran.code, "first seen" in ran.err) == (3, True)


def test_without_wishes_nothing_drifts(wakeful):
    with results({"plan": None, "errors": [], "version": None}) as there:
        ran = wakeful("proxmox", "drift", **environ_of(there))
    assert (ran.code, "No wishes are kept yet" in ran.err) == (OK, True)
