"""Amounts: what is plain is taken, what two people would read differently is refused with a hint."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.declare import quantities
from wakeful_collector.integrations.proxmox.declare.quantities import Unfit


@pytest.mark.parametrize(
    ("given", "mebibytes"),
    [("4G", 4096), ("4GiB", 4096), ("4096", 4096), ("512M", 512), ("1.5G", 1536), ("0", 0), ("1T", 2**20), ("16", 16)],
)
def test_memory_is_taken_with_a_unit_or_in_mebibytes(given: str, mebibytes: int) -> None:
    assert quantities.read_memory(given) == mebibytes


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("4", "write 4G"),
        ("4GB", "write 4G or 4GiB"),
        ("4g", "write 4G"),
        ("4 gigs", "write 4G"),
        ("4Q", "units are"),
        ("lots", "write it as"),
        ("512K", "in M or G"),
        ("1.5", "write 1.5G"),
        ("-4G", "write it as"),
        ("0.000001K", "smaller unit"),
        ("999999999999999T", "check the unit"),
    ],
)
def test_memory_that_is_doubtful_is_refused_with_what_to_write(given: str, hint: str) -> None:
    with pytest.raises(Unfit) as refused:
        quantities.read_memory(given)
    assert hint in refused.value.hint


def test_a_disk_needs_a_unit() -> None:
    assert quantities.read_bytes("32G") == 32 * 2**30
    with pytest.raises(Unfit) as refused:
        quantities.read_bytes("32")
    assert refused.value.hint == "write 32G for GiB or 32M for MiB"


def test_sizes_of_proxmox_are_read_and_written() -> None:
    known = {"32G": 32 * 2**30, "528K": 528 * 1024, "1024": 1024, "0.5G": 2**29, "4M": 4 * 2**20}
    assert {text: quantities.from_proxmox(text) for text in known} == known
    assert quantities.from_proxmox("large") is None
    assert [quantities.written(one) for one in (2**40, 33 * 2**30, 512 * 2**20, 528 * 1024, 7, 0)] == [
        *("1T", "33G", "512M", "528K", "7", "0")
    ]
    assert [quantities.gibibytes(one) for one in (32 * 2**30, 2**29)] == ["32", "0.5"]
    assert quantities.gibibytes(100 * 2**20) == "0.09765625"
    assert {float(quantities.gibibytes(one * 2**20)) * 1024 for one in range(1, 1025)} == {*map(float, range(1, 1025))}
