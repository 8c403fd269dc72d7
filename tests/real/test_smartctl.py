"""smartctl on this machine's disks, and on one that is none: a loop device, or /dev/null where there are none."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.host.smartctl import STATES, parse_scan
from wakeful_agent.meter import NoData
from wakeful_agent.meters.smart import SCAN, SmartMeter

from .conftest import program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real


@contextlib.contextmanager
def block_device(folder: Path) -> Iterator[str]:
    """Give a device of which smartctl cannot tell what it is."""
    image = folder / "image"
    image.write_bytes(bytes(1 << 20))
    made = subprocess.run([program("losetup"), "--show", "-f", str(image)], capture_output=True, text=True, check=False)
    device = made.stdout.strip()
    try:
        yield device or "/dev/null"
    finally:
        if device:
            subprocess.run([program("losetup"), "-d", device], check=True)


def test_a_scan_of_this_machine() -> None:
    program("smartctl")
    host = Host()
    found = parse_scan(host.run(SCAN).out)
    try:
        rows = SmartMeter().read(host, 0).inventories["disks"]
    except NoData:
        assert found == []
        assert "no disks" in SmartMeter().probe(host).reason
    else:
        assert {row["state"] for row in rows} <= set(STATES)


@pytest.mark.parametrize("kind", ["auto", "scsi", "nvme", "megaraid,3"])
def test_a_device_that_is_no_disk_is_unknown_with_smartctls_own_reason(tmp_path: Path, kind: str) -> None:
    program("smartctl")
    with block_device(tmp_path) as device:
        meter = SmartMeter()
        meter.configure({"devices": [f"{device} {kind}", "/dev/not-there sat"]})
        reading = meter.read(Host(user_id=os.getuid()), 0)
    states = {(label["name"], label["state"]): value for label, value in _labels(reading)}
    rows = {row["device"]: row for row in reading.inventories["disks"]}
    name = device.removeprefix("/dev/") + (f" {kind}" if "," in kind else "")
    assert states[name, "unknown"] == 1
    assert rows[name]["findings"]
    assert rows[name]["model" if "model" in rows[name] else "device"]
    assert "No such" in rows["not-there"]["findings"][0]


def test_smartctl_calls_what_does_not_answer_asleep(tmp_path: Path) -> None:
    """It cannot tell deep sleep from a device without the command; see `_heard` for what the kernel adds."""
    program("smartctl")
    with block_device(tmp_path) as device:
        meter = SmartMeter()
        meter.configure({"devices": [f"{device} sat"]})
        (row,) = [row for row in meter.read(Host(), 0).inventories["disks"] if row["device"] == device[5:]]
    assert row["state"] in {"asleep", "unknown"}
    assert row["findings"]


def _labels(reading):  # type: ignore[no-untyped-def] # of the test's own
    return [(dict(one.labels), value) for one, value in zip(reading.series, reading.values) if one.name == "hw.status"]
