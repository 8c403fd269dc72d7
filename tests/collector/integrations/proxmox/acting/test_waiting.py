"""Waiting until a deed goes on."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting import waiting
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing

from .rows import written

if TYPE_CHECKING:
    from pathlib import Path


def changed_soon(data: Path, deed_id: str, **columns: object) -> threading.Thread:
    def change() -> None:
        time.sleep(0.2)
        with changing(data) as connection:
            table.change(connection, deed_id, "running", **columns)

    thread = threading.Thread(target=change)
    thread.start()
    return thread


def test_whoever_waits_hears_of_what_is_new(data: Path) -> None:
    row = written(data, state="running")
    thread = changed_soon(data, row.id, note="half way")
    found = waiting.for_news(data, row.id, row.revision, 30, 4)
    thread.join()
    assert found is not None
    assert found.note == "half way"
    assert waiting.for_news(data, row.id, row.revision, 30, 4) == found


def test_whoever_waits_hears_of_the_end(data: Path) -> None:
    row = written(data, state="running")
    thread = changed_soon(data, row.id, state="ok")
    found = waiting.for_news(data, row.id, None, 30, 4)
    thread.join()
    assert found is not None
    assert found.state == "ok"


def test_patience_ends_and_seats_are_bounded(data: Path) -> None:
    row = written(data, state="running")
    assert waiting.for_news(data, row.id, None, 0.2, 4) == row
    assert waiting.for_news(data, row.id, None, 0, 4) == row
    assert waiting.for_news(data, "nobody", None, 30, 4) is None
    began = time.monotonic()
    assert waiting.for_news(data, row.id, None, 30, 0) == row
    assert time.monotonic() - began < 20
