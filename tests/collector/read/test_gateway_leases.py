"""Questions about leases: only those that live are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.read import gateway_leases as read
from wakeful_collector.store import gateway_leases, gateway_machines
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_leases import Lease
from wakeful_collector.store.gateway_machines import MachineRow

if TYPE_CHECKING:
    from pathlib import Path


def test_who_claims_a_machine(data: Path) -> None:
    waits = Lease("a", "box", "request", "key:x", "key:x", "", 5, None, 50)
    claims = Lease("b", "box", "person", "user:ada", "user:ada", "a talk", 6, 6, 90)
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, MachineRow("box", "http://h:1", None, True, {}, "", 1, 1))
        gateway_leases.take(connection, waits)
        gateway_leases.take(connection, claims)
    assert read.leases(data, 10) == [waits, claims]
    assert read.leases(data, 60, "box") == [claims]
    assert read.leases(data, 10, "other") == []
    assert read.lease(data, "b", 10) == claims
    assert read.lease(data, "b", 90) is None
    assert read.lease(data, "none", 10) is None
    assert read.count(data, "box", 10) == (1, 0, 1)
