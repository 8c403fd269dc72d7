"""mdadm on what is no array; there is a real one only where the kernel has md (the development machine has none)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.errors import Absent, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.mdstat import parse_detail
from wakeful_agent.meter import NoData
from wakeful_agent.meters.raid import RaidMeter, command

from .conftest import program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real


def test_mdadm_says_on_stderr_that_something_is_no_array(tmp_path: Path) -> None:
    program("mdadm")
    output = Host().run(command("wakeful-not-there"))
    assert output.code != 0
    assert "/dev/wakeful-not-there" in output.err
    with pytest.raises(Malformed):
        parse_detail(output.out)
    image = tmp_path / "image"
    image.write_bytes(bytes(1 << 20))
    examined = Host().run(["mdadm", "--examine", str(image)])
    assert "No md superblock" in examined.err


def test_an_array_that_mdadm_does_not_know_keeps_what_the_kernel_says(tmp_path: Path) -> None:
    program("mdadm")
    (tmp_path / "proc").mkdir()
    text = "Personalities : [raid1]\nmd99 : active raid1 sda1[0]\n      100 blocks super 1.2 [2/1] [U_]\n"
    (tmp_path / "proc/mdstat").write_text(text)
    host = Host(str(tmp_path), programs=("/usr/sbin", "/sbin"))
    (row,) = RaidMeter().read(host, 0).inventories["raid"]
    assert row["state"] == "degraded"
    assert [member["state"] for member in row["members"]] == ["active", "missing"]


def test_the_arrays_of_this_machine() -> None:
    try:
        rows = RaidMeter().read(Host(), 0).inventories["raid"]
    except (Absent, NoData):
        assert not RaidMeter().probe(Host()).available
    else:
        assert all(row["state"] for row in rows)
