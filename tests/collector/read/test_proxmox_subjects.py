from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.read import proxmox_subjects as asked
from wakeful_collector.store import proxmox_subjects
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_keys_subjects_and_gaps(data: Path) -> None:
    assert asked.key_of(data, "home", "qemu/100") is None
    with changing(data) as connection:
        key = proxmox_subjects.add(connection, "home", "qemu/100", "ctime=1", 1)
        proxmox_subjects.add_gaps(connection, [(key, 0, 5)])
    assert asked.key_of(data, "home", "qemu/100") == key
    assert asked.subjects(data, "home")["qemu/100"].mark == "ctime=1"
    assert [gap.key for gap in asked.gaps(data, "home", 5)] == [key]
