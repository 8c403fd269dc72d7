"""log: what a task said."""

from wakeful_collector.remote.failure import FAILED, OK, UNREACHABLE, USAGE

from ...counterparts import await_true, free_port
from .answers import environ_of, results


def upid_of(estate, kind):
    found = await_true(
        lambda: [one for one in estate.ask("proxmox.tasks")["tasks"] if one["kind"] == kind], f"a {kind} is seen"
    )
    return found[0]["upid"]


def test_the_log_of_a_task(proxmox, estate):
    deed = estate.deed("snapshot", vmid=101, snapshot="logged")
    estate.deed("snapshot_delete", vmid=101, snapshot="logged")
    ran = proxmox("log", deed["upid"], scope="read")
    assert (ran.code, "TASK OK" in ran.out, "OK" in ran.err) == (OK, True, True)
    document = proxmox("log", deed["upid"], "--follow", "--cluster", "lab", "--json").document
    assert document["running"] is False
    assert document["lines"][-1] == "TASK OK"
    assert proxmox("log", upid_of(estate, "qmsnapshot")).code == OK


def test_what_is_no_task(proxmox):
    assert proxmox("log", "nonsense").code == USAGE
    assert proxmox("log", "UPID:pve1:00000001:00000001:00000001:qmstart:1:root@pam:").code != OK


def test_a_log_is_followed_to_a_bad_end(wakeful):
    pages = (
        {"lines": ["line"] * 500, "running": True, "status": "running"},
        {"lines": ["more"], "running": True, "status": "running"},
        {"lines": ["TASK ERROR: no space"], "running": False, "status": "no space"},
    )
    with results(*pages) as there:
        ran = wakeful("proxmox", "log", "UPID:x", "--follow", **environ_of(there))
    assert (ran.code, len(ran.out.splitlines()), "no space" in ran.err) == (FAILED, 502, True)


def test_nobody_is_waited_for_by_whoever_does_not_follow(wakeful):
    environ = {"WAKEFUL_URL": f"http://127.0.0.1:{free_port()}", "WAKEFUL_API_KEY": "wk_key_" + "a" * 32}
    assert wakeful("proxmox", "log", "UPID:x", **environ).code == UNREACHABLE
