from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host import durable

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_written_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    durable.write(str(path), b"old")
    durable.write(str(path), b"x" * 100_000, 0o640)
    assert path.read_bytes() == b"x" * 100_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    durable.write(str(path), b"old")
    (tmp_path / f"file{durable.TEMPORARY}").mkdir()
    with pytest.raises(OSError, match="directory"):
        durable.write(str(path), b"new")
    assert path.read_bytes() == b"old"


def test_a_disk_that_is_full_is_not_filled_further(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        durable.write(str(path), b"new")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
