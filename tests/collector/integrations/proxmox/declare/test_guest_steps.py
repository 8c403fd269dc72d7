"""The steps of a guest that is there, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .planned import document, estate, guest, made, told

if TYPE_CHECKING:
    from wakeful_collector.model.estate import Estate

VM = "vmid: 101"


def test_steps_go_from_what_stops_it_to_what_protects_it() -> None:
    here = estate(guest(config={"scsi0": "local-lvm:x,size=32G", "scsi1": "local-lvm:y,size=1G"}))
    spec = "name: front, cores: 4, scsi0: {size: 40G, storage: ceph}, scsi1: ~, node: pve2, protection: true, tags: [a]"
    found = made(here, document(VM, spec))
    assert told(found) == [
        ("change", "live", ["POST config"]),
        ("change", "destroys", ["POST config"]),
        ("change", "reboot", ["POST config", "POST reboot"]),
        ("move_disk", "live", ["POST move_disk"]),
        ("resize", "live", ["PUT resize"]),
        ("migrate", "live", ["POST migrate"]),
        ("change", "live", ["POST config"]),
    ]
    assert found.steps[1].requests[0].form == {"delete": "scsi1"}
    assert found.steps[5].requests[0].form == {"target": "pve2", "online": "1", "with-local-disks": "1"}
    assert found.steps[6].requests[0].path == "/nodes/pve2/qemu/101/config"
    assert found.steps[6].new == {"protection": "1"}
    assert found.problems == ()


def test_a_guest_that_is_to_be_stopped_is_changed_when_it_is() -> None:
    found = made(estate(guest()), document(VM, "state: stopped, cores: 4"))
    assert told(found) == [("shutdown", "stop", ["POST shutdown"]), ("change", "live", ["POST config"])]


def test_a_guest_that_is_to_run_is_changed_before_it_starts() -> None:
    found = made(estate(guest(status="stopped")), document(VM, "state: running, cores: 4"))
    assert told(found) == [("change", "live", ["POST config"]), ("start", "live", ["POST start"])]


def test_what_was_written_and_waits_needs_only_the_reboot() -> None:
    here = estate(guest(config={"cores": "2", "sockets": "1"}, pending={"cores": "4", "sockets": "2", "vga": None}))
    found = made(here, document(VM, "cores: 4"))
    assert told(found) == [("reboot", "reboot", ["POST reboot"])]
    assert (found.steps[0].old, found.steps[0].new) == ({"cores": "2"}, {"cores": "4"})
    same = estate(guest(config={"agent": "1"}, pending={"agent": "enabled=1"}))
    assert made(same, document(VM, "agent: {enabled: true}")).steps == ()


def test_a_container_is_stopped_to_move_its_volume_and_restarted_to_migrate() -> None:
    here = estate(guest(kind="lxc", config={"rootfs": "local-lvm:x,size=8G"}))
    found = made(here, document(VM, "rootfs: {storage: ceph}, node: pve2", "Container"))
    assert told(found) == [
        ("move_disk", "stop", ["POST shutdown", "POST move_volume", "POST start"]),
        ("migrate", "reboot", ["POST migrate"]),
    ]
    assert found.steps[1].requests[0].form == {"target": "pve2", "restart": "1"}


def test_a_template_is_made_of_a_stopped_guest_and_for_good() -> None:
    found = made(estate(guest()), document(VM, "template: true"))
    assert told(found) == [("template", "destroys", ["POST shutdown", "POST template"])]
    there = estate(guest(template=True, status="stopped"))
    assert made(there, document(VM, "template: true")).steps == ()
    assert "no way back" in made(there, document(VM, "template: false")).problems[0].message
    assert "does not run" in made(there, document(VM, "state: running")).problems[0].message


def test_what_is_declared_absent_is_stopped_and_removed() -> None:
    found = made(estate(guest()), document(VM, "state: absent"))
    assert told(found) == [("delete", "destroys", ["POST stop", "DELETE 101"])]
    assert made(estate(), document(VM, "state: absent")).steps == ()


@pytest.mark.parametrize(
    ("here", "kind", "spec", "said"),
    [
        (estate(guest()), "Container", "hostname: x", "declared as a Container"),
        (estate(guest(config_state="stale")), "VirtualMachine", "cores: 2", "configuration is not known"),
        (
            estate(guest(config_state="not_permitted", config_reason="VM.Audit")),
            "VirtualMachine",
            "cores: 2",
            "VM.Audit",
        ),
        (estate(guest(status="unknown")), "VirtualMachine", "cores: 2", "tells nothing"),
        (estate(guest()), "VirtualMachine", "node: pve9", "there is no node pve9"),
        (estate(guest(node="..")), "VirtualMachine", "cores: 2", "its node cannot be asked"),
        (estate(guest()), "VirtualMachine", "node: pve3", "offline"),
        (estate(guest()), "VirtualMachine", "net0: {tag: 5}", "needs a model"),
    ],
)
def test_what_cannot_be_planned_is_told_and_not_done(here: Estate, kind: str, spec: str, said: str) -> None:
    found = made(here, document(VM, spec, kind))
    assert found.steps == ()
    assert said in found.problems[0].message
    assert (found.problems[0].file, found.problems[0].title.split()[1]) == ("a.yaml", "101")


def test_protected_and_locked_guests_say_so() -> None:
    found = made(estate(guest(config={"protection": "1"})), document(VM, "cores: 4, name: x"))
    assert all("protection is on" in one.blocked for one in found.steps)
    found = made(
        estate(guest(tags=("db",), status="stopped")), document(VM, "state: running, name: x"), protected=("db",)
    )
    assert [bool(one.blocked) for one in found.steps] == [True, False]
    assert made(estate(guest(lock="backup")), document(VM, "name: x")).steps[0].blocked == "it is locked (backup)"


def test_a_tag_that_protects_is_set_last() -> None:
    found = made(estate(guest()), document(VM, "cores: 4, tags: [protected], name: x"))
    assert [sorted(one.new) for one in found.steps] == [["name"], ["cores"], ["tags"]]
