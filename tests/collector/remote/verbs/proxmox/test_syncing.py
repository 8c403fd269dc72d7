"""sync: a cluster is read now."""

from wakeful_collector.remote.failure import FAILED, NOT_FOUND, OK, REFUSED, TIMED_OUT

from .answers import environ_of, results


def test_clusters_are_read_now(proxmox):
    ran = proxmox("sync")
    assert (ran.code, ran.out.split()[:3]) == (OK, ["lab", "2", "nodes,"])
    (found,) = proxmox("sync", "--cluster", "lab", "--json").document["result"]["clusters"]
    assert (found["cluster"], found["ok"]) == ("lab", True)
    assert proxmox("sync", "--cluster", "nowhere").code == NOT_FOUND
    assert proxmox("sync", scope="read").code == REFUSED


def test_one_that_cannot_be_read_is_a_failure(proxmox, estate):
    estate.ask("proxmox.cluster.add", name="away", hosts=["127.0.0.1:9"], login="root@pam!wakeful", secret="a-secret")
    try:
        ran = proxmox("sync", "--cluster", "away", "--wait", "30s")
        assert ran.code == FAILED
        assert ran.out.startswith("away  ")
    finally:
        proxmox("remove", "away", "--yes")


def test_nothing_to_read(wakeful, shared, shared_keys):
    ran = wakeful("proxmox", "sync", WAKEFUL_URL=shared.url, WAKEFUL_API_KEY=shared_keys["operate"])
    assert (ran.code, "No clusters yet" in ran.err) == (OK, True)


def test_patience_ends(wakeful):
    asked = {"clusters": [{"cluster": "lab", "asked": "2026-11-22T00:00:00Z", "nodes": 1, "guests": 1, "storages": 1}]}
    with results(asked) as there:
        ran = wakeful("proxmox", "sync", "--wait", "1s", **environ_of(there))
    assert (ran.code, ran.out) == (TIMED_OUT, "lab  not looked at yet; it will be\n")
