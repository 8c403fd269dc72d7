"""apply: what the plan names is done, and nothing that was not approved."""

import pytest

from wakeful_collector.remote.failure import NOT_FOUND, OK, REFUSED, USAGE

from .declared import box


@pytest.fixture(autouse=True)
def as_before(estate):
    estate.look()
    yield
    estate.pve.mend()
    estate.deed("change", vmid=103, settings={"memory": "1024"})
    estate.look()


def digest_of(proxmox, file):
    return proxmox("plan", file, "--json").document["plan"]["digest"]


def test_nothing_is_done_without_a_yes(proxmox, estate, tmp_path):
    before = len(estate.pve.requests())
    file = box(tmp_path, "2G")
    ran = proxmox("apply", file)
    assert (ran.code, "1024 -> 2048" in ran.err, "Nobody is there" in ran.err) == (REFUSED, True, True)
    ran = proxmox("apply", file, "--dry-run")
    assert (ran.code, ran.out.splitlines()[0]) == (OK, "Nothing was sent. This would be:")
    assert proxmox("apply", file, "--dry-run", "--json").document["requests"]
    ran = proxmox("apply", file, "--digest", "0" * 64)
    assert (ran.code, "not the one that was approved" in ran.err) == (REFUSED, True)
    assert estate.pve.writes(before) == []


def test_what_was_approved_is_done_and_then_nothing_is_left(proxmox, estate, tmp_path):
    file = box(tmp_path, "2G")
    ran = proxmox("apply", file, "--digest", digest_of(proxmox, file))
    assert (ran.code, ran.out.startswith("ok ")) == (OK, True), ran
    assert "1/1 ok VM 103 (box): change" in ran.err
    estate.look()
    assert proxmox("plan", file).code == OK
    ran = proxmox("apply", file, "--yes")
    assert (ran.code, "nothing to do" in ran.out) == (OK, True)
    assert proxmox("apply", file, "--yes", "--json").document["apply"] is None
    number = proxmox("deeds", "--applies", "--json").document["applies"][0]["id"]
    shown = proxmox("deeds", "--applies", number)
    assert (shown.code, "VM 103 (box): change" in shown.out) == (OK, True)
    assert proxmox("deeds", "--applies", number, "--json").document["state"] == "ok"
    assert proxmox("deeds", "--applies", number, "--stop", "--yes").code == REFUSED


def test_it_stops_at_a_failure_and_resumes(proxmox, estate, tmp_path):
    file = box(tmp_path, "3G")
    estate.pve.fail("POST", "/qemu/103/config", 500, "no space left", times=5)
    ran = proxmox("apply", file, "--yes", "--json")
    assert ran.code != OK
    number = ran.document["result"]["apply"]["id"]
    shown = proxmox("deeds", "--applies", number)
    assert f"apply --resume {number}" in shown.out
    estate.pve.mend()
    before = len(estate.pve.requests())
    ran = proxmox("apply", "--resume", number, "--dry-run", "--yes")
    assert (ran.code, ran.out.splitlines()[0]) == (OK, "Nothing was sent. This would be:")
    assert estate.pve.writes(before) == []
    assert proxmox("apply", "--resume", number).code == REFUSED
    assert proxmox("apply", "--resume", number, file).code == USAGE
    assert proxmox("apply", "--resume", number, "--yes").code == OK
    assert proxmox("apply", "--resume", "nothing-like-it", "--yes").code == NOT_FOUND


def test_what_hurts_is_left_out_without_its_option(proxmox, estate, tmp_path, at_terminal):
    file = tmp_path / "web.yaml"
    text = "apiVersion: wakeful/v1\nkind: VirtualMachine\nmetadata: {cluster: lab, vmid: 101}\nspec: {memory: 3G}\n"
    file.write_text(text)
    ran = proxmox("plan", str(file))
    assert (ran.code, "REBOOTS IT" in ran.out, "--allow-reboot" in ran.err) == (3, True, True)
    refused = proxmox("apply", str(file), "--yes")
    assert (refused.code, "give --allow-reboot" in refused.err) == (REFUSED, True)
    (tmp_path / "box.yaml").write_text(file.read_text().replace("101", "103"))
    ran = proxmox("apply", str(tmp_path), "--yes")
    assert (ran.code, "Left out: step" in ran.err) == (3, True)
    digest = digest_of(proxmox, str(file))
    sits = at_terminal("apply", str(file), "--allow-reboot")
    sits.read_until(f"Type {digest[:12]} to go on")
    sits.type("no\n")
    assert sits.wait() == REFUSED
