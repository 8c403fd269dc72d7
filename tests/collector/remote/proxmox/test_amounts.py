"""Amounts as Proxmox's pages write them."""

import pytest

from wakeful_collector.remote.proxmox import amounts


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (4 * 2**30, "4.0 GiB"),
        (123 * 2**30, "123 GiB"),
        (2**60, "1024 PiB"),
        (None, ""),
        ("4", ""),
        (True, ""),
    ],
)
def test_sizes(value, said):
    assert amounts.size(value) == said


def test_shares():
    assert amounts.share(1, 4) == "25 %"
    assert amounts.share(1, 0) == amounts.share(None, 4) == amounts.share(1, None) == ""
    assert amounts.percent(0.424) == "42 %"
    assert amounts.percent(None) == ""
    assert amounts.of(2**30, 2**31) == "1.0 GiB of 2.0 GiB"
    assert (amounts.of(2**30, None), amounts.of(None, 2**30), amounts.of(None, None)) == ("1.0 GiB", "1.0 GiB", "")
