"""Incidents are taken on, messages tried again, hosts marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.delivery import Attempt, Next
from wakeful_collector.model.incident import Incident
from wakeful_collector.operations import OperationError
from wakeful_collector.read import audit, deliveries, incidents
from wakeful_collector.store import incidents as table
from wakeful_collector.store import outbox
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., dict[str, Any]]


def code(ask: Ask, name: str, **given: Any) -> str:
    with pytest.raises(OperationError) as caught:
        ask(name, **given)
    return caught.value.code


def incident(now_ms: int, state: str = "open") -> Incident:
    return Incident(f"inc_{state}", 1, "watch", state, "", state, now_ms, now_ms, now_ms)


def test_an_incident_is_taken_on_once(data: Path, ask: Ask, now_ms: int) -> None:
    with changing(data) as connection:
        table.keep(connection, incident(now_ms))
        table.keep(connection, incident(now_ms, "closed"))
    assert ask("incident.acknowledge", "operate", id="inc_open")["acknowledged_by"] == "user:ada"
    found = incidents.incident(data, "inc_open")
    assert found is not None
    assert (found.state, found.incident.acknowledged_ms) == ("acknowledged", now_ms)
    assert audit.rows(data, 1)[0].entry.subject == "inc_open"
    assert code(ask, "incident.acknowledge", id="inc_closed") == "incident_closed"
    assert code(ask, "incident.acknowledge", id="inc_none") == "unknown_incident"


def test_a_message_that_was_given_up_begins_anew(data: Path, ask: Ask, now_ms: int) -> None:
    with changing(data) as connection:
        outbox.add(connection, "m", "inc_1", "opened", {}, now_ms)
        outbox.address(connection, "m", "ch_1", "phone", now_ms, now_ms)
        outbox.claim(connection, "m.ch_1", "t", now_ms, now_ms + 1)
        held = outbox.by_id(connection, "m.ch_1")
        assert held is not None
    assert code(ask, "delivery.retry", id="m.ch_1") == "not_given_up"
    with changing(data) as connection:
        outbox.settle(connection, held, "t", Attempt("refused", "410"), Next("dead", now_ms), now_ms)
    assert ask("delivery.retry", id="m.ch_1") == {"id": "m.ch_1", "state": "waiting"}
    assert [one.state for one in deliveries.deliveries(data).deliveries] == ["waiting"]
    assert code(ask, "delivery.retry", id="none") == "unknown_delivery"


def test_a_host_is_marked_and_expected_again(data: Path, ask: Ask, machine: Callable[..., Any], now_ms: int) -> None:
    web = machine("web-1")
    marked = ask("host.mark", "operate", host=web.id, minutes=60, reason="new disk", **{"as": "maintenance"})
    assert marked == {"host": web.id, "as": "maintenance", "until_ms": now_ms + 3_600_000}
    found = incidents.absence(data, web.key, now_ms)
    assert found is not None
    assert (found.kind, found.reason, found.noted_by) == ("maintenance", "new disk", "user:ada")
    assert ask("host.mark", host=web.id, **{"as": "sleeping"})["until_ms"] is None
    assert ask("host.mark", host=web.id, **{"as": "expected"}) == {"host": web.id, "as": "expected", "until_ms": None}
    assert incidents.absence(data, web.key, now_ms) is None
    assert code(ask, "host.mark", host="none", **{"as": "sleeping"}) == "unknown_host"
    assert code(ask, "host.mark", host=web.id, **{"as": "gone"}) == "invalid"
