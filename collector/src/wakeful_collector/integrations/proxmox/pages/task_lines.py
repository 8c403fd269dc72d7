"""Tasks with the guest they are about and how they ended in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.pages import words
from wakeful_collector.read import proxmox

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.pages.words import Word
    from wakeful_collector.model.estate import Guest, Task


class TaskLine(NamedTuple):
    """A task, how it ended, and the guest that it is about (None: none, or it is not known any more)."""

    task: Task
    word: Word
    guest: Guest | None


def lines(data: Path, cluster: str, tasks: Iterable[tuple[str, Task]]) -> list[TaskLine]:
    """Return tasks as lines; each guest is looked up once."""
    known: dict[int, Guest | None] = {}
    found = []
    for _, task in tasks:
        vmid = int(task.subject) if task.subject.isascii() and task.subject.isdigit() and len(task.subject) < 10 else 0
        if vmid and vmid not in known:
            known[vmid] = proxmox.guest(data, cluster, vmid)
        word = words.ended(task.status if task.ended_ms else "")
        found.append(TaskLine(task, word, known.get(vmid) if vmid else None))
    return found
