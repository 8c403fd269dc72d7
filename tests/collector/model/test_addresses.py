"""Which addresses the collector connects to by itself."""

from __future__ import annotations

import pytest

from wakeful_collector.model.addresses import is_private_literal, refusal


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_ones_are_fine(address: str) -> None:
    assert refusal(address, allow_private=False) == ""


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "::1",
        "fd00::1",
        "100.64.0.1",
        "::ffff:10.0.0.5",
        "64:ff9b::a00:5",
    ],
)
def test_private_ones_only_where_they_are_meant(address: str) -> None:
    assert "allow_private" in refusal(address, allow_private=False)
    assert refusal(address, allow_private=True) == ""


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1",
        "::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::a9fe:a9fe", "192.0.2.1", "nothing",
    ],
)  # fmt: skip
def test_some_are_never_asked(address: str) -> None:
    assert refusal(address, allow_private=True)


def test_what_is_written_as_a_private_address_is_meant() -> None:
    assert all(map(is_private_literal, ["10.0.0.5", "localhost", "LOCALHOST", "::1"]))
    assert not any(map(is_private_literal, ["example.org", "93.184.216.34", "169.254.169.254", ""]))
