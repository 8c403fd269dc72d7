"""The room that is kept for opening a database on a full disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from wakeful_collector.store import database, reserve, room


def test_it_is_made_with_the_databases_and_given_up_once(data):
    paths = [data / f".{family}.reserve" for family in database.FAMILIES]
    assert [path.stat().st_size for path in paths] == [reserve.BYTES] * 3
    assert stat.S_IMODE(paths[0].stat().st_mode) == 0o600
    assert [reserve.spend(data, "state") for _ in range(2)] == [True, False]
    assert not paths[0].exists()
    room.mark(data, 5, 0)
    assert not paths[0].exists(), "the disk is full"
    room.mark(data, 0, 6)
    assert paths[0].exists()


def test_what_cannot_be_made_is_left(data):
    assert not reserve.keep(data / "absent", "state")
    written = data / ".state.reserve"
    reserve.spend(data, "state")
    limited = "import resource, signal, sys, pathlib; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))\n"
    limited += "from wakeful_collector.store import reserve; print(reserve.keep(pathlib.Path(sys.argv[1]), 'state'))"
    run = subprocess.run([sys.executable, "-c", limited, str(data)], capture_output=True, text=True, timeout=60)
    assert run.stdout == "False\n", run.stderr
    assert not written.exists()


FULL = """
import pathlib, sys
from wakeful_collector.store import database
data = pathlib.Path(sys.argv[1])
if sys.argv[2] == "start":
    database.create(data)
for family in database.FAMILIES:
    print(database.reader(data, family).execute("SELECT count(*) > 1 FROM sqlite_master").fetchone()[0], end="")
database.writer(data, "state").close()
print(" open")
"""


def fill(file):
    with file.open("wb", buffering=0) as written:
        while True:
            written.write(bytes(4_096))


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small filesystem")
@pytest.mark.parametrize("first", ["start", "look"])
def test_a_completely_full_disk_lets_readers_in_and_the_collector_start(tmp_path, first):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], check=True)
    try:
        database.create(disk / "data")
        with pytest.raises(OSError, match="No space"):
            fill(disk / "others")
        argv = [sys.executable, "-c", FULL, str(disk / "data"), first]
        run = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert run.stdout == "111 open\n", run.stderr
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
