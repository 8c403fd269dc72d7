"""The real journalctl reads a journal that systemd's own program made of entries given to it; no journald is needed."""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meters.logs import LogsMeter

from .conftest import program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
WRITER = "/lib/systemd/systemd-journal-remote"
BOOT = "0123456789abcdef0123456789abcdef"


def write(folder: Path, name: str, time_ms: int, entries: list[tuple[int, str, bytes]]) -> None:
    """Write a journal of entries: priority, unit, message."""
    parts = []
    for number, (priority, unit, message) in enumerate(entries):
        fields = f"__REALTIME_TIMESTAMP={time_ms * 1000 + number}\n__MONOTONIC_TIMESTAMP={time_ms + number}\n"
        fields += f"_BOOT_ID={BOOT}\n_MACHINE_ID={BOOT}\nPRIORITY={priority}\n_SYSTEMD_UNIT={unit}\nMESSAGE\n"
        parts.append(fields.encode() + struct.pack("<Q", len(message)) + message + b"\n\n")
    command = [WRITER, "-o", str(folder / f"{name}.journal"), "-"]
    subprocess.run(command, input=b"".join(parts), check=True, capture_output=True)


@pytest.fixture
def meter(tmp_path: Path) -> LogsMeter:
    program("journalctl")
    if shutil.which(WRITER) is None:
        pytest.skip("systemd-journal-remote is not installed")
    made = LogsMeter()
    made.configure({"folder": str(tmp_path), "lines": True})
    return made


def test_what_is_new_is_read_once(meter: LogsMeter, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000)
    old, new = now_ms - 3_600_000, now_ms - 20_000
    write(tmp_path, "old", old, [(3, "old.service", b"long ago")])
    lines = [
        (3, "nginx.service", b"cannot reach 10.0.0.1 password=hunter2"),
        (3, "nginx.service", b"cannot reach 10.0.0.2 password=hunter3"),
        (4, "user@1000.service", b"warn \xff\nof two lines"),
        (6, "cron.service", b"only information"),
    ]
    write(tmp_path, "new", new, lines)
    found = meter.read(Host(), now_ms)
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(found.series, found.values)}
    assert values["log.records.rate", "error", "nginx.service"] == 2
    assert values["log.records.rate", "warning", "user@.service"] == 1
    assert ("log.records.rate", "error", "old.service") not in values
    assert ("log.records.rate", "error", "cron.service") not in values
    (row,) = found.inventories["log_messages"]
    assert (row["times"], row["example"]) == (2, "cannot reach 10.0.0.1 password=[redacted]")
    write(tmp_path, "later", now_ms - 1_000, [(2, "late.service", b"after the first reading")])
    later = meter.read(Host(), now_ms + 60_000)
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(later.series, later.values)}
    assert values["log.records.rate", "error", "late.service"] == 1
    assert values["log.records.rate", "error", "nginx.service"] == 0, "what was read is not read again"


def test_a_folder_without_a_journal_is_a_failure(meter: LogsMeter) -> None:
    meter.configure({"folder": "/does/not/exist"})
    with pytest.raises(HostError, match="journalctl ended with 1"):
        meter.read(Host(), int(time.time() * 1000))
