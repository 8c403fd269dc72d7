"""An estate written as declarations."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare import documents, exporting
from wakeful_collector.model.estate import Item

from .planned import estate, guest


def test_what_cannot_be_declared_stands_there_as_a_comment() -> None:
    text = exporting.guest(
        guest(
            config={
                "args": "-device\nx",
                "cores": "2",
                "vga": "future,memory=16",
                "net0": "virtio=BC:24:11:00:00:01,future=1",
                "cipassword": "secret",
                "unused0": "a:b",
                "smbios1": "uuid=1",
                "boot": "",
            }
        )
    )
    assert "cores: 2" in text
    comments = [one for one in text.splitlines() if one.startswith("#")]
    assert [one.split()[1] for one in comments] == ["boot", "vga", "net0", "args"]
    assert "secret" not in text
    assert "uuid" not in text
    assert documents.read([documents.File("a", text)], ["home"]).faults == ()


def test_a_guest_that_may_not_be_read_is_no_declaration() -> None:
    text = exporting.guest(guest(config_state="not_permitted", config_reason="VM.Audit"))
    assert text == "# qemu/101 of home is not exported: its configuration is not known (VM.Audit)\n"


def test_hostile_texts_stay_texts() -> None:
    hostile = "x\n---\nkind: Pool\n# \x1b]0;a\x07 {a: !!b} 'c' \"d\"\n"
    text = exporting.guest(guest(config={"description": hostile, "tags": "no;1"}))
    [wish] = documents.read([documents.File("a", text)], ["home"]).wishes.guests
    assert wish.values["description"] == hostile.rstrip("\n")
    assert wish.values["tags"] == "1;no"


def test_whole_clusters_have_a_file_a_guest_and_one_of_pools() -> None:
    here = estate(
        guest(101, pool="prod"),
        guest(102, "lxc", status="stopped", config={"swap": "0", "cpulimit": "1.5"}),
        guest(103, template=True),
        guest(104, status="unknown"),
        pools=(Item("prod", config={"comment": "x", "storages": "b;a"}),),
    )
    found = {one.path: one.text for one in exporting.files(here)}
    assert list(found) == [
        *("home/vm-101.yaml", "home/ct-102.yaml", "home/vm-103.yaml", "home/vm-104.yaml", "home/pools.yaml")
    ]
    assert "state: stopped" in found["home/ct-102.yaml"]
    assert "cpulimit: 1.5" in found["home/ct-102.yaml"]
    assert "template: true" in found["home/vm-103.yaml"]
    assert "state" not in found["home/vm-104.yaml"]
    assert "members:\n  - 101\n  storages:\n  - a\n  - b\n" in found["home/pools.yaml"]
    assert [one.path for one in exporting.files(here, [102])] == ["home/ct-102.yaml"]
