"""Deliveries page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.read import deliveries
from wakeful_collector.store import outbox
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path


def test_page_by_page(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        for number in range(3):
            outbox.add(connection, f"m{number}", "inc_1", "opened", {}, now_ms)
            outbox.address(connection, f"m{number}", "ch_1", "phone", now_ms, now_ms)
    first = deliveries.deliveries(data, state="waiting", channel="ch_1", incident="inc_1", limit=2)
    assert [one.id for one in first.deliveries] == ["m2.ch_1", "m1.ch_1"]
    last = deliveries.deliveries(data, before=first.next, limit=2)
    assert [one.id for one in last.deliveries] == ["m0.ch_1"]
    assert last.next is None
    assert deliveries.delivery(data, "m0.ch_1") == last.deliveries[0]
    assert deliveries.delivery(data, "none") is None
    assert deliveries.counts(data) == {"waiting": 3}
    with pytest.raises(ValueError, match="cursor"):
        deliveries.deliveries(data, before="x")
