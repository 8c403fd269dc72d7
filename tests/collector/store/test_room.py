from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import room

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_marked_is_read_back(tmp_path: Path) -> None:
    room.prepare(tmp_path)
    assert room.look(tmp_path) == (0, 0)
    room.mark(tmp_path, 1_000, 2_000)
    assert room.look(tmp_path) == (1_000, 2_000)


def test_preparing_again_keeps_what_was_marked(tmp_path: Path) -> None:
    room.prepare(tmp_path)
    room.mark(tmp_path, 5, 6)
    room.prepare(tmp_path)
    assert room.look(tmp_path) == (5, 6)


def test_without_the_file_nothing_is_known_and_nothing_fails(tmp_path: Path) -> None:
    room.mark(tmp_path, 5, 6)
    assert room.look(tmp_path) == (0, 0)


def test_a_damaged_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "room").write_bytes(b"short")
    assert room.look(tmp_path) == (0, 0)
    (tmp_path / "room").write_bytes(b"x" * 24)
    assert room.look(tmp_path) == (0, 0)


def test_the_file_does_not_grow_when_marked(tmp_path: Path) -> None:
    room.prepare(tmp_path)
    size = (tmp_path / "room").stat().st_size
    room.mark(tmp_path, 2**60, 2**60)
    assert (tmp_path / "room").stat().st_size == size
