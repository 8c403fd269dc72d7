"""start, stop, snapshot and the rest: asked for once, followed to its end."""

import pytest

from wakeful_collector.remote.failure import FAILED, NOT_FOUND, OK, REFUSED, TIMED_OUT, USAGE


@pytest.fixture(autouse=True)
def as_before(estate):
    yield
    estate.pve.mend()
    estate.pve.pace(0)


def test_a_guest_is_started_and_stopped(proxmox, estate):
    ran = proxmox("start", "box", scope="operate")
    assert (ran.code, ran.out.startswith("ok ")) == (OK, True)
    assert "TASK OK" in ran.err
    asked = proxmox("stop", "box", scope="operate")
    assert (asked.code, "Nobody is there" in asked.err) == (REFUSED, True)
    document = proxmox("stop", "103", "--yes", "--json", scope="operate").document
    assert (document["operation"], document["result"]["deed"]["state"]) == ("proxmox.guest.stop", "ok")


def test_a_dry_run_sends_nothing(proxmox, estate):
    before = len(estate.pve.requests())
    for words in (
        ("start", "box"),
        ("snapshot", "box", "before"),
        ("resize", "dns", "rootfs", "+1G"),
        ("set", "box", "memory=2048", "delete=description"),
        ("migrate", "box", "pve2"),
        ("clone", "box", "300", "name=copy"),
        ("delete", "box"),
        ("create", "type=qemu", "node=pve1", "name=new", "memory=512"),
    ):
        ran = proxmox(*words, "--dry-run")
        assert (ran.code, ran.out.partition("\n")[0]) == (OK, "Nothing was sent. This would be:"), ran
    assert "memory" in ran.out
    assert proxmox("stop", "web-1", "--dry-run", "--json").document["result"]["requests"][0]["method"] == "POST"
    assert estate.pve.writes(before) == []


def test_failures_and_refusals_have_their_exit_codes(proxmox, estate):
    estate.pve.fail("POST", "/qemu/103/status/start", 500, "no space left on device", times=1)
    ran = proxmox("start", "box")
    assert (ran.code, "no space left on device" in ran.out + ran.err) == (FAILED, True)
    protected = proxmox("set", "db-1", "memory=1024", "--yes")
    assert (protected.code, "protected" in protected.err) == (REFUSED, True)
    assert proxmox("start", "nobody").code == NOT_FOUND
    assert proxmox("start", "box", scope="read").code == REFUSED


def test_patience_ends_and_the_deed_goes_on(proxmox, estate):
    estate.pve.pace(1)
    estate.pve.put("start_secs", 4, guest=103)
    ran = proxmox("start", "box", "--wait", "1s")
    assert (ran.code, "--wait" in ran.out) == (TIMED_OUT, True)
    number = ran.out.split("wakeful proxmox deeds ")[1].split()[0]
    assert proxmox("deeds", number, "--wait").code == OK
    estate.pve.put("start_secs", 0, guest=103)
    later = proxmox("stop", "box", "--yes", "--no-wait")
    assert later.code == OK
    number = later.out.split("wakeful proxmox deeds ")[1].split()[0]
    assert proxmox("deeds", number, "--wait=30s").code == OK


def test_what_destroys_wants_the_name_typed(at_terminal, proxmox, estate):
    assert proxmox("snapshot", "box", "typed", "--yes").code == OK
    sits = at_terminal("snapshot-delete", "box", "typed")
    sits.read_until("Type box to go on")
    sits.type("yes\n")
    assert sits.wait() == REFUSED
    sits = at_terminal("snapshot-delete", "box", "typed", COLUMNS="60")
    sits.read_until("Type box to go on")
    sits.type("box\n")
    assert sits.wait() == OK


def test_arguments_are_typed_and_explained(proxmox):
    ran = proxmox("shutdown", "--help-arguments")
    assert (ran.code, "timeout_seconds=NUMBER" in ran.out, "dry_run" in ran.out) == (OK, True, False)
    assert "properties" in proxmox("clone", "--help-arguments", "--json").document
    for words in (
        ("start",),
        ("start", "box", "more"),
        ("start", "box", "nonsense=1"),
        ("resize", "box", "scsi0"),
        ("shutdown", "box", "timeout_seconds=soon"),
        ("stop", "box", "dry_run=yes"),
        ("set", "box", "password=bare-secret"),
        ("create", "node=pve1"),
    ):
        assert proxmox(*words, "--yes").code == USAGE, words
    assert "bare-secret" not in proxmox("set", "box", "password=bare-secret").err


def test_guests_are_created_and_destroyed(proxmox, estate):
    ran = proxmox("create", "type=qemu", "node=pve1", "vmid=301", "name=made", "memory=512", "--yes")
    assert (ran.code, ran.out.startswith("ok ")) == (OK, True), ran
    estate.look()
    assert "made" in proxmox("guests").out
    assert proxmox("delete", "made", "--yes").code == OK
    estate.look()
    assert "made" not in proxmox("guests").out


def test_whoever_looks_sees_it_go_on_and_may_leave(at_terminal, proxmox, estate):
    estate.pve.pace(1)
    estate.pve.put("start_secs", 6, guest=103)
    sits = at_terminal("start", "box")
    sits.read_until(r"running.*\d+s")
    sits.type("\x03")
    sits.read_until("It goes on; look again with: wakeful proxmox deeds ")
    assert sits.wait() == 130
    number = sits.seen.split("wakeful proxmox deeds ")[-1].split()[0]
    sits = at_terminal("deeds", number, "--wait")
    assert sits.wait() == OK
    assert "runs" in sits.seen
    estate.pve.put("start_secs", 0, guest=103)
    assert proxmox("stop", "box", "--yes").code == OK
