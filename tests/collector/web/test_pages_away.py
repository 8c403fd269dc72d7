"""A machine that says nothing: why it may, who could wake it, and the wakes before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NOW_MS = 1_795_000_000_000
DAY_MS = 86_400_000


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person("ada", "operate")


@pytest.fixture
def nas(machine: Callable[..., Any]) -> Any:
    made = machine("nas")
    card = {"interface": "eth0", "mac": "02:00:00:00:00:01", "addresses": ["192.168.77.5/24"]}
    made.push([], NOW_MS - DAY_MS, hello={"name": "nas", "networks": [card]})
    return made


def test_a_silent_machine_that_nobody_can_wake_says_what_to_do(ada: Any, nas: Any) -> None:
    text = ada.get(f"/hosts/{nas.id}").text
    assert "Silent since" in text
    assert 'disabled title="no machine that is up shares a network with nas' in text
    assert "run an agent there" in text


def test_who_would_send_the_packet_is_said_before_it_is_pressed(
    ada: Any, nas: Any, machine: Callable[..., Any], person: Callable[..., Any]
) -> None:
    pi = machine("pi")
    takes = {name: {"kind": "text", "required": False} for name in ("mac", "name", "address")}
    card = {"interface": "eth0", "mac": "02:00:00:00:00:02", "addresses": ["192.168.77.6/24"]}
    wakes = {"name": "wake", "danger": "changes", "parameters": takes}
    pi.push([], NOW_MS, hello={"name": "pi", "networks": [card], "actions": [wakes]})
    text = ada.get(f"/hosts/{nas.id}/system").text
    assert "How: pi is in 192.168.77.0/24 too." in text
    assert 'data-confirm="Wake nas? Pi is in 192.168.77.0/24 too."' in text
    assert "Tried" not in text
    ada.post("/ask/host.wake", host=nas.id)
    assert "by ada through pi" in ada.get(f"/hosts/{nas.id}").text
    assert "yours: read." in person("bob", "read").get(f"/hosts/{nas.id}").text


def test_a_machine_that_is_up_is_not_offered_to_be_woken(ada: Any, machine: Callable[..., Any]) -> None:
    up = machine("up")
    up.push([[NOW_MS - 1000, [0.1, 1.0, 2.0, 3.0]]], NOW_MS)
    text = ada.get(f"/hosts/{up.id}").text
    assert "Wake it" not in text
    assert "Silent" not in text
