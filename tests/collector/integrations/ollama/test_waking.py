"""Calling a machine that sleeps."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import waking
from wakeful_collector.integrations.ollama.states import Outcome
from wakeful_collector.wake import sending

from .machines import MAC, MAGIC, Servant, add

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WAKE = {
    "name": "wake",
    "danger": "changes",
    "parameters": {
        "mac": {"kind": "text"},
        "name": {"kind": "text", "default": ""},
        "address": {"kind": "text", "default": ""},
        "port": {"kind": "number", "default": 9},
        "repeat": {"kind": "number", "default": 3},
    },
}
OWN = [{"interface": "eth0", "kind": "physical", "mac": "02:00:00:00:00:02", "addresses": ["198.18.1.5/24"]}]
LOOP = sending.Own("lo", IPv4Interface("127.0.0.1/8"), "127.255.255.255")


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.255.255.255", 0))
        ear.settimeout(5)
        yield ear


@pytest.fixture
def servants(machine: Callable[..., Any]) -> Iterator[Callable[..., Servant]]:
    made: list[Servant] = []

    def make(name: str, actions: list[dict[str, Any]], **hello: Any) -> Servant:
        made.append(Servant(machine(name), actions, **hello))
        return made[-1]

    yield make
    for one in made:
        one.end()


def call(data: Path, box: Any, **secrets: str) -> Outcome:
    return waking.call(data, box, secrets, clock.now_ms())


def test_the_collector_sends_to_the_address_that_is_set(data: Path, ear: socket.socket) -> None:
    box = add(data, broadcast="127.255.255.255", wol_port=ear.getsockname()[1])
    outcome = call(data, box, securon="01:02:03:04:05:06")
    assert (outcome.name, outcome.ok) == ("wake", True)
    assert "never acknowledged" in outcome.detail
    assert [ear.recv(2048) for _ in range(3)] == [MAGIC + bytes(range(1, 7))] * 3


def test_a_broadcast_address_that_is_none_is_told(data: Path) -> None:
    outcome = call(data, add(data, broadcast="no.such.invalid"))
    assert not outcome.ok
    assert outcome.detail.startswith("the broadcast address no.such.invalid cannot be looked up: ")


def test_the_collector_sends_in_a_network_of_its_own(
    data: Path, ear: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "own", lambda: [LOOP])
    port = ear.getsockname()[1]
    outcome = call(data, add(data, "http://192.0.2.9:11434", wol_port=port))
    assert outcome.ok
    assert "no machine that is up shares a network with box" in outcome.detail, "why it sends everywhere"
    assert f"broadcast to 127.255.255.255 port {port} over lo" in outcome.detail
    assert ear.recv(2048) == MAGIC
    monkeypatch.setattr(waking, "address_of", lambda _: "127.0.0.77")
    outcome = call(data, add(data, wol_port=port))
    assert outcome.ok
    assert outcome.detail.startswith("3 packets were sent")


def test_nobody_can(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "own", list)
    outcome = call(data, add(data))
    assert not outcome.ok
    assert "shares a network with box" in outcome.detail
    assert "the collector has no interface with a broadcast address" in outcome.detail


def test_an_agent_of_its_network_sends(
    data: Path, servants: Callable[..., Servant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "own", list)
    pi = servants("pi", [WAKE], networks=OWN)
    outcome = call(data, add(data, "http://198.18.1.20:11434"))
    assert outcome == Outcome("wake", True, "pi: did it")
    said = {"mac": MAC, "name": "box", "address": "198.18.1.20/24", "port": 9, "repeat": 10}
    assert pi.taken == [("wake", said)]


def test_the_next_agent_is_asked_when_one_fails(
    data: Path, servants: Callable[..., Servant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "own", list)
    pis = [servants(f"pi{number}", [WAKE], networks=OWN) for number in (1, 2)]
    first, second = sorted(pis, key=lambda one: str(one.host.id), reverse=True)
    first.answer = lambda _: {"state": "failed", "data": {"summary": "no link"}}
    outcome = call(data, add(data, "http://198.18.1.20:11434"))
    assert outcome.ok
    assert [len(one.taken) for one in (first, second)] == [1, 1]
    second.answer = lambda _: {"state": "refused", "data": {"reason": "too often"}}
    outcome = call(data, add(data, "http://198.18.1.20:11434"))
    assert not outcome.ok, "the collector cannot send either"
    assert "wake failed: no link" in outcome.detail
    assert "wake refused: too often" in outcome.detail


def test_the_relay_that_is_set_is_asked(
    data: Path, servants: Callable[..., Servant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "own", list)
    far = servants("far", [WAKE], networks=[{**OWN[0], "addresses": ["203.0.113.5/24"]}])
    assert call(data, add(data, "http://198.18.1.20:11434", relay=far.host.id, broadcast="198.18.1.255")).ok
    assert [action for action, _ in far.taken] == ["wake"]


def test_a_host_of_wakeful_is_woken_by_the_card_that_it_told_of(
    data: Path, machine: Callable[..., Any], servants: Callable[..., Servant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "own", list)
    host = machine("gpu-box")
    card = {"interface": "eth0", "kind": "physical", "mac": "02:00:00:00:00:77", "addresses": ["198.18.1.77/24"]}
    host.push([], clock.now_ms() - 10**8, hello={"version": "1", "networks": [card]})
    pi = servants("pi", [WAKE], networks=OWN)
    assert call(data, add(data, host=host.id, mac="")).ok
    assert pi.taken[0][1]["mac"] == "02:00:00:00:00:77"
    assert pi.taken[0][1]["name"] == "gpu-box"


def test_a_host_that_told_of_no_card_cannot_be_called(data: Path, machine: Callable[..., Any]) -> None:
    outcome = call(data, add(data, host=machine("new").id, mac=""))
    assert (outcome.ok, outcome.permanent) == (False, True)
    assert "no hardware address of new is known" in outcome.detail
    assert outcome.detail.endswith("its hardware address is not known: set mac")


def test_a_named_action_switches_it_on(data: Path, servants: Callable[..., Servant]) -> None:
    plug = {"name": "plug", "danger": "changes", "parameters": {"number": {"kind": "number"}}}
    pi = servants("pi", [plug])
    box = add(data, wake="action", wake_host=pi.host.id, wake_action="plug", wake_arguments={"number": 3})
    assert call(data, box) == Outcome("wake", True, "did it")
    assert pi.taken == [("plug", {"number": 3})]
    box = add(data, wake="action", wake_host=pi.host.id, wake_action="other")
    outcome = call(data, box)
    assert (outcome.ok, outcome.permanent) == (False, True)


def test_what_goes_down_is_switched_on_when_it_is_down(
    data: Path, servants: Callable[..., Servant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "LOOK_SECONDS", 0.05)
    plug = {"name": "plug", "danger": "changes", "parameters": {}}
    pi = servants("pi", [plug])
    told = {"wake": "action", "wake_host": pi.host.id, "wake_action": "plug"}
    with socket.create_server(("127.0.0.1", 0)) as sshd:
        ssh = {"sleep": "ssh", "ssh_user": "nala", "ssh_host": "127.0.0.1", "ssh_port": sshd.getsockname()[1]}
        box = add(data, **told, **ssh)
        with ThreadPoolExecutor() as pool:
            calling = pool.submit(call, data, box)
            sshd.accept()[0].close()
            sshd.accept()[0].close()
            assert pi.taken == [], "its SSH still takes connections"
            sshd.close()
            assert calling.result(20).ok
    assert pi.taken == [("plug", {})]
    with socket.create_server(("127.0.0.1", 0)) as sshd:
        monkeypatch.setattr(waking, "DOWN_SECONDS", 0.2)
        assert call(data, add(data, **told, **{**ssh, "ssh_port": sshd.getsockname()[1]})).ok, "it does not go down"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://198.18.1.20:11434", "198.18.1.20"),
        ("http://127.0.0.1:11434", ""),
        ("http://no.such.invalid:11434", ""),
        ("http://[fe80::1]:11434", ""),
    ],
)
def test_the_address_that_the_url_leads_to(data: Path, url: str, address: str) -> None:
    assert waking.address_of(add(data, url)) == address


def test_a_password_is_six_bytes_or_nothing() -> None:
    assert waking.secure_on("") == b""
    assert waking.secure_on("01-02-03-04-05-06") == bytes(range(1, 7))
