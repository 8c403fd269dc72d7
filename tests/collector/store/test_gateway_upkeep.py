"""The log of gateway.db is copied, and old rows go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import database, gateway_history, gateway_leases, gateway_states, gateway_upkeep
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_states import Turn

from . import gateway_rows
from .gateway_rows import NOW, lease, request

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000


def test_the_log_is_copied_while_others_are_there(data: Path) -> None:
    reader = database.reader(data, "gateway")
    for _ in range(200):
        with changing_gateway(data) as connection:
            gateway_history.add(connection, request(path="/" + "x" * 500))
    before = (data / "gateway.db").stat().st_size
    assert gateway_upkeep.copy_log(data) > 30
    log_bytes = (data / "gateway.db-wal").stat().st_size
    assert (data / "gateway.db").stat().st_size > before
    assert reader.execute("SELECT count(*) FROM requests").fetchone()[0] == 200
    for _ in range(9):
        with changing_gateway(data) as connection:
            gateway_history.add(connection, request())
        gateway_upkeep.copy_log(data)
    assert (data / "gateway.db-wal").stat().st_size == log_bytes, "the log begins anew once it was copied"


def test_no_request_copies_the_log_itself(data: Path) -> None:
    size = (data / "gateway.db").stat().st_size
    reader = database.reader(data, "gateway")
    for _ in range(800):
        with changing_gateway(data) as connection:
            gateway_history.add(connection, request())
    assert (data / "gateway.db-wal").stat().st_size > 1_000 * 4_096
    assert (data / "gateway.db").stat().st_size == size
    assert reader.execute("SELECT count(*) FROM requests").fetchone()[0] == 800


def test_what_is_old_and_what_is_nobodys_goes(data: Path) -> None:
    with changing_gateway(data) as connection:
        gateway_rows.machine(connection)
        lease(connection, "dead", expires_ms=NOW - 1)
        lease(connection, "alive", kind="person")
        gateway_leases.note_served(connection, "box", {"key:a": 1})
        gateway_leases.set_pace(connection, "key:a", NOW - DAY_MS)
        gateway_leases.set_pace(connection, "key:b", NOW)
        for days in (500, 1):
            gateway_states.add_turn(connection, Turn("box", NOW - days * DAY_MS, "a", "b", "c", "d"))
            gateway_history.add(connection, request(at_ms=NOW - days * DAY_MS))
    assert gateway_upkeep.prune(data, NOW) == 5
    assert gateway_upkeep.prune(data, NOW) == 0
    reader = database.reader(data, "gateway")
    assert [one.id for one in gateway_leases.living(reader, None, NOW)] == ["alive"]
    assert gateway_leases.pace(reader, "key:b") == NOW


def test_room_that_became_free_is_given_back(data: Path) -> None:
    with changing_gateway(data) as connection:
        for _ in range(3_000):
            gateway_history.add(connection, request(at_ms=1, path="/" + "x" * 400))
    gateway_upkeep.copy_log(data)
    before = (data / "gateway.db").stat().st_size
    assert gateway_upkeep.prune(data, NOW) == 3_000
    gateway_upkeep.copy_log(data)
    assert (data / "gateway.db").stat().st_size < before / 2
