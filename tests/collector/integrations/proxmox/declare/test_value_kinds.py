"""Kinds of values: read from files, recognised in what Proxmox writes."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.declare import value_kinds as kinds
from wakeful_collector.integrations.proxmox.declare.quantities import Unfit


@pytest.mark.parametrize(
    ("kind", "given", "normal"),
    [
        (kinds.FLAG, "true", "1"),
        (kinds.FLAG, "0", "0"),
        (kinds.whole(1, 8), "04", "4"),
        (kinds.number(0, 9), "1.50", "1.5"),
        (kinds.number(0, 9), "2.0", "2"),
        (kinds.choice("std", "none"), "none", "none"),
        (kinds.text(kinds.DNS_NAME, "a name"), "db-1.example.org", "db-1.example.org"),
        (kinds.LINES, "two\r\nlines\n\n", "two\nlines"),
        (kinds.MEMORY, "4G", "4096"),
        (kinds.SIZE, "1024G", "1T"),
        (kinds.names("[a-z]+", "letters"), "b, a;b", "a;b"),
        (kinds.names("[a-z]+", "letters", ordered=True), "b a", "b;a"),
        (kinds.names("[A-Za-z]+", "letters", folded=True), "B a", "a;b"),
        (kinds.HARDWARE_ADDRESS, "bc:24:11:00:00:0a", "BC:24:11:00:00:0A"),
    ],
)
def test_what_a_file_says_is_read(kind: kinds.ValueKind, given: str, normal: str) -> None:
    assert kind.read(given) == normal
    assert kind.normal(normal) == normal


@pytest.mark.parametrize(
    ("kind", "given", "hint"),
    [
        (kinds.FLAG, "yes", "write true"),
        (kinds.FLAG, "off", "write false"),
        (kinds.FLAG, "maybe", "write true or false"),
        (kinds.whole(1, 8), "9", "give 1 to 8"),
        (kinds.whole(1, 8), "two", "give 1 to 8"),
        (kinds.whole(1, 8), "0x2", "give 1 to 8"),
        (kinds.number(0, 9), "10", "give 0 to 9"),
        (kinds.choice("std", "none"), "STD", "write std"),
        (kinds.choice("std", "none"), "vga", "one of std, none"),
        (kinds.text(kinds.DNS_NAME, "a DNS name"), "no_name", "give a DNS name"),
        (kinds.text(kinds.DNS_NAME, "a DNS name"), "-x", "give a DNS name"),
        (kinds.LINES, "x" * 8193, "8192"),
        (kinds.names("[a-z]+", "letters"), "a;1", "give letters"),
        (kinds.names("[a-z]+", "letters"), "a;" * 5000, "8192"),
        (kinds.HARDWARE_ADDRESS, "bc2411", "in quotes"),
        (kinds.HARDWARE_ADDRESS, "01:00:5e:00:00:01", "even"),
        (kinds.SSH_KEYS, "my key", "give lines"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(kind: kinds.ValueKind, given: str, hint: str) -> None:
    with pytest.raises(Unfit) as refused:
        kind.read(given)
    assert hint in refused.value.hint


def test_what_proxmox_writes_otherwise_means_the_same() -> None:
    assert [kinds.FLAG.normal(one) for one in ("on", "yes", "0", "off", "odd")] == ["1", "1", "0", "0", "odd"]
    assert kinds.MEMORY.normal("current=2048") == "2048"
    assert kinds.whole(0, 9).normal("007") == "7"
    assert kinds.number(0, 9).normal("0.0") == "0"
    assert kinds.number(0, 9).normal("odd") == "odd"
    assert [kinds.number(0, 9).normal(one) for one in ("01.50", "0.5", "10.0")] == ["1.5", "0.5", "10"]
    assert kinds.number(0, 1_000_000).read("123456.789") == "123456.789"
    assert kinds.number(0, 9).normal("9" * 5_000) == "9" * 5_000
    assert kinds.SIZE.normal("33554432K") == "32G"
    assert kinds.SIZE.normal("odd") == "odd"
    assert kinds.LINES.normal("a\n") == "a"


def test_public_keys_are_written_as_proxmox_wants_them() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFVmm6 me@there"
    written = kinds.SSH_KEYS.read(f"{key}\n")
    assert written == "ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIFVmm6%20me%40there"
    assert kinds.SSH_KEYS.normal(f"{written}%0A") == written
