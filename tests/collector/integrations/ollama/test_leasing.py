"""The desk: requests wait without polling, are told what changes, and leave nothing behind, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import leasing
from wakeful_collector.integrations.ollama.leasing import Desk, Refused
from wakeful_collector.model.store_errors import StoreBusy
from wakeful_collector.read import gateway_history, gateway_leases
from wakeful_collector.store import gateway_leases as table
from wakeful_collector.store import gateway_machines, gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_history import Request

from . import machines

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.ollama.leasing import Ticket
    from wakeful_collector.integrations.ollama.settings import Machine


def stand(data: Path, state: str, reason: str = "why", name: str = "box", **memory: Any) -> None:
    now_ms = clock.now_ms()
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, name, state, now_ms, reason, {"probed_ms": now_ms, **memory})


def enter(desk: Desk, box: Machine, key: str = "key:a") -> Ticket:
    return desk.enter(box, key, key, "POST /api/chat", "llama3", clock.now_ms())


def row(now_ms: int, **more: Any) -> Request:
    return Request(now_ms, "box", "key:a", "POST", "/api/chat", "llama3", 200, "ok", **more)


@pytest.fixture
def desk(data: Path) -> Desk:
    return Desk(data)


def test_a_request_of_an_awake_machine_goes_at_once(data: Path, desk: Desk) -> None:
    box = machines.add(data)
    stand(data, "awake")
    ticket = enter(desk, box)
    assert ticket.look.admitted
    assert ticket.wait(60).admitted
    (lease,) = gateway_leases.leases(data, clock.now_ms())
    assert (lease.id, lease.kind, lease.note, lease.process) == (ticket.id, "request", "POST /api/chat", desk.process)
    ticket.end(row(5, waited_ms=7))
    ticket.end(row(5, waited_ms=7))
    assert gateway_leases.leases(data, clock.now_ms()) == []
    assert [one.waited_ms for _, one in gateway_history.requests(data).requests] == [7]


def test_a_request_that_waits_is_told_of_every_change_and_let_in(data: Path, desk: Desk) -> None:
    box = machines.add(data)
    stand(data, "asleep")
    with enter(desk, box) as first, enter(desk, box) as second:
        assert (first.look.admitted, first.look.position, second.look.position) == (False, 0, 1)
        assert (first.look.state, first.look.prospect.retry_seconds) == ("asleep", 180)
        stand(data, "waking", "a request waits for it")
        assert first.wait(10).state == "waking"
        assert second.wait(10).reason == "a request waits for it"
        stand(data, "awake")
        machines.await_true(lambda: first.wait(1).admitted and second.wait(1).admitted, "both may go")
    assert gateway_leases.leases(data, clock.now_ms()) == []


def test_waiting_has_an_end_also_when_nothing_changes(data: Path, desk: Desk) -> None:
    box = machines.add(data)
    stand(data, "asleep")
    with enter(desk, box) as ticket:
        began = time.monotonic()
        assert not ticket.wait(0.05).admitted
        assert time.monotonic() - began < 5


def test_the_place_in_the_line_moves_up(data: Path, desk: Desk) -> None:
    box = machines.add(data, parallel=1)
    stand(data, "awake")
    tickets = [enter(desk, box) for _ in range(4)]
    assert [one.look.position for one in tickets] == [0, 0, 1, 2]
    tickets[0].end()
    assert tickets[1].wait(10).admitted
    machines.await_true(lambda: tickets[3].look.position == 1, "the last one moved up")
    for one in tickets[1:]:
        one.end()
    assert gateway_leases.leases(data, clock.now_ms()) == []


def test_a_machine_that_does_not_show_ends_the_waiting(data: Path, desk: Desk) -> None:
    box = machines.add(data)
    stand(data, "waking")
    with enter(desk, box) as ticket:
        stand(data, "unreachable", "no answer within 180 s", cool_ms=clock.now_ms() + 50_000)
        with pytest.raises(Refused) as refused:
            ticket.wait(10)
        assert (refused.value.code, refused.value.status) == ("not_awake", 504)
        assert "no answer within 180 s" in refused.value.message
        assert 40 <= refused.value.retry_seconds <= 50
        with pytest.raises(Refused):
            ticket.wait(10)


def test_a_machine_that_is_removed_ends_the_waiting(data: Path, desk: Desk) -> None:
    box = machines.add(data)
    stand(data, "waking")
    with enter(desk, box) as ticket:
        with changing_gateway(data) as connection:
            gateway_machines.remove(connection, "box")
        with pytest.raises(Refused, match="was removed"):
            ticket.wait(10)


def test_where_nobody_looks_after_the_machine_a_request_says_so_in_the_end(data: Path, now_ms: int) -> None:
    box = machines.add(data, boot_seconds=1, stop_seconds=1)
    at = [now_ms]
    desk = Desk(data, lambda: at[0])
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, "box", "asleep", now_ms, "", {"probed_ms": now_ms})
    with desk.enter(box, "key:a", "key:a", "", "", now_ms) as ticket:
        for later in (80_000, 93_000):
            at[0] = now_ms + later
            desk.watch_once(at[0])
        with pytest.raises(Refused, match="is the collector's worker running"):
            ticket.wait(10)


def test_who_was_refused_at_the_door_leaves_nothing(data: Path, desk: Desk) -> None:
    box = machines.add(data, parallel=1, queue=0)
    stand(data, "awake")
    with enter(desk, box):
        with pytest.raises(Refused, match="wait for box already"):
            enter(desk, box)
        assert len(gateway_leases.leases(data, clock.now_ms())) == 1
    leasing.record(data, row(1))
    assert len(gateway_history.requests(data).requests) == 1


def test_leases_are_renewed_while_their_requests_are_served(data: Path, now_ms: int) -> None:
    box = machines.add(data)
    at = [now_ms]
    desk = Desk(data, lambda: at[0])
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, "box", "awake", now_ms, "", {"probed_ms": now_ms})
    with desk.enter(box, "key:a", "key:a", "", "", now_ms) as ticket:
        for later in range(0, 60_000, 4_000):
            at[0] = now_ms + later
            desk.watch_once(at[0])
            lease = gateway_leases.lease(data, ticket.id, at[0])
            assert lease is not None
            assert lease.expires_ms - at[0] > 10_000


def test_a_process_that_stood_still_takes_its_leases_again(data: Path, now_ms: int) -> None:
    box = machines.add(data)
    at = [now_ms]
    desk = Desk(data, lambda: at[0])
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, "box", "awake", now_ms, "", {"probed_ms": now_ms})
    with desk.enter(box, "key:a", "key:a", "", "", now_ms) as ticket:
        at[0] = now_ms + 300_000
        with changing_gateway(data) as connection:
            assert len(table.end_expired(connection, at[0])) == 1
        desk.watch_once(at[0])
        lease = gateway_leases.lease(data, ticket.id, at[0])
        assert lease is not None
        assert lease.admitted_ms == now_ms


def test_the_first_of_many_processes_to_leave_lets_the_next_of_another_in(data: Path) -> None:
    box = machines.add(data, parallel=1)
    stand(data, "awake")
    one, other = Desk(data), Desk(data)
    with enter(one, box) as served, enter(other, box) as waits:
        assert served.look.admitted
        assert not waits.look.admitted
        began = time.monotonic()
        served.end()
        assert waits.wait(10).admitted
        assert time.monotonic() - began < 8


def test_a_hundred_clients_are_all_served_and_never_too_many_at_once(data: Path, desk: Desk) -> None:
    box = machines.add(data, parallel=5)
    stand(data, "asleep")
    running, most, done = [0], [0], []
    lock = threading.Lock()

    def client(number: int) -> None:
        with enter(desk, box, f"key:{number % 7}") as ticket:
            while not ticket.wait(30).admitted:
                continue
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.002)
            with lock:
                running[0] -= 1
            done.append(number)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    machines.await_true(lambda: len(gateway_leases.leases(data, clock.now_ms())) == 100, "all of them wait")
    stand(data, "awake")
    for thread in threads:
        thread.join(60)
    assert sorted(done) == list(range(100))
    assert 1 < most[0] <= 5
    assert gateway_leases.leases(data, clock.now_ms()) == []


def test_what_goes_wrong_once_does_not_stop_the_watching(
    data: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    box = machines.add(data)
    stand(data, "waking")
    with enter(desk, box) as ticket:
        (data / "gateway.db").rename(data / "away.db")
        machines.await_true(lambda: "could not be looked after" in caplog.text, "it was said")
        (data / "away.db").rename(data / "gateway.db")
        real = desk._clock_ms
        monkeypatch.setattr(desk, "_clock_ms", lambda: 1 / 0)
        machines.await_true(lambda: "ZeroDivisionError" in caplog.text, "it was said, too")
        monkeypatch.setattr(desk, "_clock_ms", real)
        stand(data, "awake")
        assert machines.await_true(lambda: ticket.wait(1).admitted, "it goes on")


def test_a_process_has_one_desk_and_its_child_another(data: Path) -> None:
    desk = leasing.desk(data)
    assert leasing.desk(data) is desk
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        try:
            os._exit(0 if leasing.desk(data) is not desk else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


VICTIM = """
import sys, time
from pathlib import Path
from wakeful_collector import clock
from wakeful_collector.integrations.ollama import leasing, settings
data = Path(sys.argv[1])
box = settings.machine(data, "box")
tickets = [leasing.desk(data).enter(box, "key:victim", "key:victim", "", "", clock.now_ms()) for _ in range(3)]
print(*(int(one.look.admitted) for one in tickets), flush=True)
time.sleep(600)
"""


def test_a_process_that_is_killed_holds_nobody_up_for_long(data: Path) -> None:
    box = machines.add(data, parallel=2)
    stand(data, "awake")
    victim = subprocess.Popen([sys.executable, "-c", VICTIM, str(data)], stdout=subprocess.PIPE, text=True)
    try:
        assert victim.stdout is not None
        assert victim.stdout.readline().split() == ["1", "1", "0"]
        at = [clock.now_ms()]
        desk = Desk(data, lambda: at[0])
        with desk.enter(box, "key:a", "key:a", "", "", at[0]) as ticket:
            assert not ticket.look.admitted
            victim.send_signal(signal.SIGKILL)
            victim.wait(30)
            at[0] += round(leasing.LEASE_SECONDS * 1000) + 1_000
            with changing_gateway(data) as connection:
                table.renew(connection, [ticket.id], at[0] + 20_000)
            assert ticket.wait(30).admitted
            assert [one.id for one in gateway_leases.leases(data, at[0])] == [ticket.id]
    finally:
        victim.kill()
        victim.wait(30)


def test_a_request_whose_standing_cannot_be_read_yet_waits_all_the_same(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreBusy("gateway.db is busy")

    box = machines.add(data)
    stand(data, "asleep")
    desk = Desk(data)
    with monkeypatch.context() as patch:
        patch.setattr(desk, "_look", fail)
        ticket = desk.enter(box, "key:a", "key:a", "", "", clock.now_ms())
    stand(data, "awake")
    deadline = time.monotonic() + 10
    while not ticket.wait(1).admitted:
        assert time.monotonic() < deadline
    ticket.end()
    assert not desk._tickets
