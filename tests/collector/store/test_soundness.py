from __future__ import annotations

import os

from wakeful_collector.store import soundness


def test_a_sound_database_has_no_problems(data):
    assert soundness.integrity(data) == []


def test_a_damaged_database_names_its_problems(data):
    path = data / "state.db"
    content = bytearray(path.read_bytes())
    content[8192 : 8192 + 40_000] = os.urandom(40_000)
    path.write_bytes(bytes(content))
    assert soundness.integrity(data) != []


def test_what_is_no_database_is_a_problem(data):
    (data / "state.db").write_bytes(b"x" * 100_000)
    assert "damaged" in soundness.integrity(data)[0]


def test_room_is_tried_by_writing(data):
    assert soundness.writable(data) is None
    assert "No such file" in soundness.writable(data / "none")
    assert list(data.glob(".room-*")) == []
