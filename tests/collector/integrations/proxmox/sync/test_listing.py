"""What a poll's rows say, and what is left out of rows that strangers wrote."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.proxmox.sync import listing
from wakeful_collector.model.estate import Usage

GUEST = {
    "id": "qemu/100",
    "type": "qemu",
    "vmid": 100,
    "node": "pve1",
    "name": "web",
    "status": "running",
    "tags": "b;a;b",
    "template": 0,
    "pool": "prod",
    "hastate": "started",
    "cpu": 0.25,
    "maxcpu": 4,
    "mem": 1024,
    "maxmem": "2048",
    "uptime": 7,
    "netin": 1,
    "netout": 2,
    "diskread": 3,
    "diskwrite": 4,
    "memhost": 1500,
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_guest_with_its_figures() -> None:
    found = listing.listing("home", [GUEST])

    guest = found.guests["qemu/100"]
    assert (guest.name, guest.node, guest.status, guest.pool, guest.ha_state) == (
        "web",
        "pve1",
        "running",
        "prod",
        "started",
    )
    assert guest.tags == ("a", "b")
    assert (guest.cpus, guest.memory_bytes) == (4, 2048)
    assert found.usage["qemu/100"] == Usage(
        cpu=0.25,
        cpus=4,
        memory_bytes=1024,
        memory_max_bytes=2048,
        uptime_seconds=7,
        received_bytes=1,
        sent_bytes=2,
        read_bytes=3,
        written_bytes=4,
        host_memory_bytes=1500,
    )


def test_nodes_and_storages() -> None:
    rows = [
        {"type": "node", "node": "pve1", "status": "online", "cpu": 0.1, "maxcpu": 8},
        {"type": "storage", "node": "pve1", "storage": "nas", "shared": "1", "content": "iso,backup", "disk": 5},
        {"type": "sdn", "sdn": "localnetwork"},
    ]
    found = listing.listing("home", rows)

    assert found.nodes["node/pve1"].status == "online"
    assert found.storages["storage/pve1/nas"].shared
    assert found.storages["storage/pve1/nas"].content == ("backup", "iso")
    assert found.usage["storage/pve1/nas"].disk_bytes == 5
    assert set(found.usage) == {"node/pve1", "storage/pve1/nas"}


def test_what_is_not_known_has_no_figures() -> None:
    found = listing.listing("home", [GUEST | {"status": "unknown", "cpu": 0}])

    assert found.usage["qemu/100"] == Usage()


def test_of_an_id_that_comes_twice_the_first_row_counts() -> None:
    found = listing.listing("home", [GUEST, GUEST | {"name": "other", "cpu": 1}])

    assert found.guests["qemu/100"].name == "web"
    assert found.usage["qemu/100"].cpu == 0.25


@pytest.mark.parametrize("field", ["type", "vmid", "node"])
def test_a_row_without_what_names_it_is_left_out(field: str) -> None:
    assert listing.listing("home", [{**GUEST, field: None}]).guests == {}


def test_texts_are_bounded_and_print() -> None:
    assert listing.text("a\x1b[31m\nb") == "a?[31m?b"
    assert len(listing.text("x" * 5_000)) == listing.TEXT_CHARACTERS_MAX
    assert listing.text(7) == "7"
    assert listing.text(f"pve{1}") is listing.text("p{}1".format("ve"))  # kept in memory once
    assert listing.text(True) == listing.text(["a"]) == ""


def test_rows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "ROWS_MAX", 2)
    rows = [GUEST | {"vmid": vmid} for vmid in (100, 101, 102)]

    assert list(listing.listing("home", rows).guests) == ["qemu/100", "qemu/101"]


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(GUEST, ANYTHING)) | ANYTHING, max_size=4))
def test_no_row_breaks_it(rows: list[Any]) -> None:
    listing.listing("home", rows)


@given(st.sampled_from(["qemu", "lxc", "node", "storage"]), st.dictionaries(st.sampled_from(sorted(GUEST)), ANYTHING))
def test_no_value_of_a_row_breaks_it(kind: str, values: dict[str, Any]) -> None:
    listing.listing("home", [GUEST | {"storage": "s"} | values | {"type": kind}])
