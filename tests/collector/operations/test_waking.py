from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import wake
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import audit, commands
from wakeful_collector.wake import sending
from wakeful_collector.wake.sending import Own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wakeful_collector.config import Settings

    from .conftest import Ask

MAC = "02:00:00:00:00:01"
NETWORKS = [{"interface": "eth0", "kind": "physical", "mac": MAC, "addresses": ["198.18.1.20/24"]}]
OTHERS = [{"interface": "eth0", "kind": "physical", "mac": "02:00:00:00:00:02", "addresses": ["198.18.1.5/24"]}]
PARAMETERS = {
    "mac": {"kind": "text", "required": True},
    **{name: {"kind": "text", "required": False} for name in ("name", "address", "check")},
    "wait_seconds": {"kind": "number", "least": 1, "most": 600, "required": False},
}
ANNOUNCED = [{"name": "wake", "danger": "changes", "parameters": PARAMETERS, "targets": {"machines": [MAC]}}]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the collector stand in no network, unless a test says so."""
    monkeypatch.setattr(sending, "own", list)


@pytest.fixture
def nas(machine: Callable[..., Any], now_ms: int) -> Any:
    """A machine that sleeps since yesterday."""
    one = machine("nas")
    one.push([], now_ms - 86_400_000, hello={"version": "1", "networks": NETWORKS})
    return one


def test_an_agent_of_the_network_is_asked(
    settings: Settings, ask: Ask, machine: Callable[..., Any], nas: Any, now_ms: int
) -> None:
    pi = machine("pi")
    pi.push([], now_ms, hello={"version": "1", "networks": OTHERS, "actions": ANNOUNCED})
    given = {"check": "tcp:198.18.1.20:22", "wait_seconds": 60, "expires_seconds": 30}
    answer = ask("host.wake", "operate", host=nas.id, **given)
    assert (answer["host"], answer["relay"], answer["state"]) == (nas.id, pi.id, "requested")
    assert answer["why"] == "pi is in 198.18.1.0/24 too"
    command = commands.command(settings.data, answer["command"])
    assert command is not None
    assert (command.host_key, command.action) == (pi.key, "wake")
    assert command.arguments == {
        "mac": MAC,
        "name": "nas",
        "address": "198.18.1.20/24",
        "check": "tcp:198.18.1.20:22",
        "wait_seconds": 60,
    }
    assert command.expires_ms == now_ms + 30_000
    (row,) = audit.rows(settings.data, 10, operation="host.wake")
    assert (row.entry.subject, row.entry.outcome) == (nas.id, "done")


def test_the_collector_sends_it_where_nobody_else_can(ask: Ask, nas: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.255.255.255", 0))
        ear.settimeout(5)
        here = Own("lo", IPv4Interface("198.18.1.9/24"), "127.255.255.255")
        monkeypatch.setattr(sending, "own", lambda: [here])
        # The loopback cannot be sent from under another network's address: the system's refusal is told.
        with pytest.raises(OperationError) as refused:
            ask("host.wake", "operate", host=nas.id)
        assert (refused.value.code, refused.value.status) == ("not_sent", 409)
        assert "broadcast to 127.255.255.255 over lo" in refused.value.message
        there = here._replace(address=IPv4Interface("127.0.0.1/8"))
        monkeypatch.setattr(sending, "_ways", lambda _address, _over: [there])
        answer = ask("host.wake", "operate", host=nas.id, port=ear.getsockname()[1])
        assert ear.recv(2048) == b"\xff" * 6 + bytes.fromhex(MAC.replace(":", "")) * 16
    assert (answer["command"], answer["relay"], answer["host"]) == (None, None, nas.id)
    assert answer["why"] == "the collector itself is in 198.18.1.0/24"
    assert "3 packets were sent" in answer["summary"]


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What hears the packets of a collector that stands in the sleeper's network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.255.255.255", 0))
        heard.settimeout(5)
        here = Own("lo", IPv4Interface("198.18.1.9/24"), "127.255.255.255")
        there = here._replace(address=IPv4Interface("127.0.0.1/8"))
        monkeypatch.setattr(sending, "own", lambda: [here])
        monkeypatch.setattr(sending, "_ways", lambda _address, _over: [there])
        yield heard


def _packets(ear: socket.socket) -> int:
    ear.settimeout(0.3)
    found = 0
    try:
        while ear.recv(2048):
            found += 1
    except TimeoutError:
        return found
    return found


def test_what_the_collector_sends_goes_once_under_one_key(settings: Settings, ask: Ask, nas: Any, ear: Any) -> None:
    given = {"host": nas.id, "port": ear.getsockname()[1], "request_key": "one"}
    first = ask("host.wake", "operate", **given)
    assert (first["command"], first["known"], _packets(ear)) == (None, False, 3)
    assert ask("host.wake", "operate", **given) == {**first, "known": True}
    assert _packets(ear) == 0, "a repeated request sends nothing"
    (kept,) = commands.commands(settings.data).commands
    assert (kept.host_key, kept.action, kept.state, kept.summary) == (nas.key, "wake", "done", first["summary"])
    ask("host.wake", "operate", **{**given, "request_key": "two"})
    ask("host.wake", "operate", host=nas.id, port=given["port"])
    assert _packets(ear) == 6, "another key, and none, are other requests"
    with pytest.raises(OperationError) as taken:
        ask("host.wake", "operate", **{**given, "port": 7})
    assert (taken.value.code, taken.value.status) == ("request_key_taken", 409)


def test_two_at_once_under_one_key_send_one_time(ask: Ask, nas: Any, ear: Any) -> None:
    given = {"host": nas.id, "port": ear.getsockname()[1], "request_key": "one"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask("host.wake", "operate", **given), range(4)))
    assert _packets(ear) == 3
    assert sorted(one["known"] for one in answers) == [False, True, True, True]


@pytest.mark.parametrize(("ports", "known"), [((9, 9), 1), ((9, 7), 0)])
def test_two_who_found_nothing_sent_before_are_told_apart_when_they_write_it_down(
    settings: Settings, ask: Ask, nas: Any, ear: Any, monkeypatch: pytest.MonkeyPatch, ports: Any, known: int
) -> None:
    together, plan = threading.Barrier(2), wake.plan

    def planned(*given: Any) -> Any:
        found = plan(*given)
        together.wait(10)
        return found

    monkeypatch.setattr(wake, "plan", planned)

    def press(port: int) -> str:
        try:
            return str(ask("host.wake", "operate", host=nas.id, port=port, request_key="one")["known"])
        except OperationError as error:
            return error.code

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(press, ports))
    assert answers == ["False", "True" if known else "request_key_taken"]
    assert len(commands.commands(settings.data).commands) == 1


def test_what_could_not_be_sent_may_be_tried_again_under_its_key(
    settings: Settings, ask: Ask, nas: Any, ear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"host": nas.id, "port": ear.getsockname()[1], "request_key": "one"}
    able = sending._ways
    monkeypatch.setattr(sending, "_ways", lambda _address, _over: [Own("lo", IPv4Interface("198.18.9.9/24"), "::")])
    with pytest.raises(OperationError) as refused:
        ask("host.wake", "operate", **given)
    assert refused.value.code == "not_sent"
    assert commands.commands(settings.data).commands == []
    monkeypatch.setattr(sending, "_ways", able)
    assert not ask("host.wake", "operate", **given)["known"]
    assert _packets(ear) == 3


def test_a_wake_through_an_agent_is_known_again_when_the_way_has_changed(
    settings: Settings, ask: Ask, machine: Callable[..., Any], nas: Any, now_ms: int
) -> None:
    pi = machine("pi")
    pi.push([], now_ms, hello={"version": "1", "networks": OTHERS, "actions": ANNOUNCED})
    given = {"host": nas.id, "request_key": "one", "wait_seconds": 60}
    first = ask("host.wake", "operate", **given)
    pi.push([], now_ms + 1, hello={"version": "1", "networks": OTHERS})
    again = ask("host.wake", "operate", **given)
    assert (again["command"], again["relay"], again["known"]) == (first["command"], pi.id, True)
    assert len(commands.commands(settings.data).commands) == 1
    with pytest.raises(OperationError, match="another command already"):
        ask("host.wake", "operate", **{**given, "host": pi.id})


def test_nobody_can(ask: Ask, machine: Callable[..., Any], nas: Any, now_ms: int) -> None:
    with pytest.raises(OperationError) as refused:
        ask("host.wake", "operate", host=nas.id)
    assert (refused.value.code, refused.value.status) == ("no_relay", 409)
    assert "no machine that is up shares a network with nas" in refused.value.message
    pi = machine("pi")
    pi.push([], now_ms, hello={"version": "1", "networks": OTHERS})
    with pytest.raises(OperationError, match=r"agent\.toml does not permit it"):
        ask("host.wake", "operate", host=nas.id)
    with pytest.raises(OperationError) as unknown:
        ask("host.wake", "operate", host="nobody")
    assert (unknown.value.code, unknown.value.status) == ("unknown_host", 404)


@pytest.mark.parametrize("check", ["http://198.18.1.20/", "tcp:198.18.1.20", "ping:", "tcp:a b:22", "ping:a@b"])
def test_a_check_that_is_none(ask: Ask, nas: Any, check: str) -> None:
    with pytest.raises(OperationError) as refused:
        ask("host.wake", "operate", host=nas.id, check=check)
    assert refused.value.code == "invalid"
