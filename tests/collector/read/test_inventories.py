from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.read import inventories
from wakeful_collector.read.inventories import InventoryBody, InventorySummary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_documents_are_read_back_as_they_were_sent(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine()
    document = {"bash": "<b>", "big": 2**70, "\u00e4": [None, True, 1.5]}
    one.push([], now_ms, inventories={"../packages": {"hash": "h", "body": document}})
    (summary,) = inventories.names(data, one.key)
    assert summary == InventorySummary("../packages", "h", now_ms, summary.size_bytes)
    assert summary.size_bytes > 30
    assert inventories.body(data, one.key, "../packages") == InventoryBody("../packages", "h", now_ms, document)
    assert inventories.body(data, one.key, "ports") is None
    assert inventories.names(data, 999) == []
