"""Tasks with the guest they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.pages import task_lines

from .estate_data import HOME, TASKS, running, task

if TYPE_CHECKING:
    from pathlib import Path


def test_each_task_has_its_guest_where_it_has_one(home: Path) -> None:
    odd = [task(9, subject="storage"), task(10, subject="1" * 40), task(11, subject="4711")]
    found = task_lines.lines(home, HOME, [(HOME, running(one)) for one in (*TASKS, *odd)])
    names = [line.guest.name if line.guest else None for line in found]
    assert names == ["web", None, "db", "debian-12", "mail", None, None, None]
    assert [line.word.mood for line in found[:4]] == ["ok", "bad", "new", "warn"]
