"""Incidents page by page, with their hosts and headlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.incident import Incident
from wakeful_collector.read import incidents
from wakeful_collector.store import incidents as table
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_page_by_page(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    web = machine("web-1")
    assert incidents.incidents(data) == incidents.IncidentPage([], None)
    with changing(data) as connection:
        for number in range(3):
            one = Incident(
                f"inc_{number}", web.key, "watch", f"w{number}", "", "open", now_ms, now_ms, now_ms, "is down"
            )
            table.keep(connection, one)
        table.keep(
            connection, Incident("inc_9", 99, "watch", "x", "", "open", now_ms, now_ms, now_ms, acknowledged_ms=1)
        )
    first = incidents.incidents(data, limit=3)
    assert [(one.incident.id, one.host_id, one.state) for one in first.incidents] == [
        ("inc_9", None, "acknowledged"),
        ("inc_2", web.id, "open"),
        ("inc_1", web.id, "open"),
    ]
    assert first.incidents[1].title == "w2 on web-1 is down"
    last = incidents.incidents(data, before=first.next, limit=3)
    assert [one.incident.id for one in last.incidents] == ["inc_0"]
    assert last.next is None
    assert incidents.counts(data) == (4, 3)
    found = incidents.incident(data, "inc_0")
    assert found is not None
    assert found.host_name == "web-1"
    gone = incidents.incident(data, "inc_9")
    assert gone is not None
    assert (gone.host_id, gone.host_name) == (None, "a host that was forgotten")
    assert incidents.incident(data, "none") is None


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 19])
def test_cursors_that_are_none(data: Path, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        incidents.incidents(data, before=cursor)
