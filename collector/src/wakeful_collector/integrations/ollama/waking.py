"""Calling a machine that sleeps: a magic packet, from an agent of its network or the collector itself, or an action."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wakeful_collector import clock, wake
from wakeful_collector.integrations.ollama import commanding, sleeping
from wakeful_collector.integrations.ollama.states import WAKE, Outcome
from wakeful_collector.wake import sending
from wakeful_wire import mac as macs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine

RELAY_SECONDS = 45.0
"""How long an agent has for its three packets, and to say so."""
RELAY_REPEAT_SECONDS = 10
"""From packet to packet: one command covers half a minute, since agents count how many an hour they were given."""
ACTION_SECONDS = 60.0
RELAYS_MAX = 3
DOWN_SECONDS = 30.0
"""How long a machine may take SSH connections after its Ollama is gone, and count as on its way down."""
LOOK_SECONDS = 1.0


def call(data: Path, machine: Machine, secrets: Mapping[str, str], now_ms: int) -> Outcome:
    """Call a machine once; takes as long as an agent needs to answer, a fifth of a second without one."""
    if machine.wake == "action":
        _let_down(machine)
        answer = commanding.ask(data, machine.wake_host, machine.wake_action, machine.wake_arguments, ACTION_SECONDS)
        return Outcome(WAKE, answer.done or answer.taken, answer.text, answer.permanent)
    password = secure_on(secrets.get("securon", ""))
    if machine.broadcast and not machine.relay:
        return _itself(machine, {"mac": _mac(data, machine)}, password, machine.broadcast)
    plan = _plan(data, machine, now_ms)
    if plan.itself:
        return _itself(machine, plan.arguments, password)
    problems = [plan.reason] if plan.reason else []
    for relay in plan.relays[:RELAYS_MAX]:
        arguments = {**plan.arguments, "mac": relay.card.mac, "address": relay.address}
        answer = commanding.ask(
            data, relay.id, wake.ACTION, {key: value for key, value in arguments.items() if value}, RELAY_SECONDS
        )
        if answer.done or answer.taken:
            return Outcome(WAKE, True, f"{relay.name}: {answer.text}")
        problems.append(f"{relay.name}: {answer.text}")
    sent = _itself(machine, {"mac": _mac(data, machine)}, password)
    return sent._replace(detail="; ".join([*problems, sent.detail]))


def secure_on(text: str) -> bytes:
    """Return a SecureOn password of six bytes, written like a hardware address; nothing for an empty text."""
    return bytes.fromhex(macs.spaced(text).replace(":", "")) if text.strip() else b""


def address_of(machine: Machine) -> str:
    """Return the IPv4 address that the address of Ollama leads to; "" where it leads to none, or to this machine."""
    name = urlsplit(machine.url).hostname or ""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ""
    address = str(found[0][4][0])
    return "" if ipaddress.IPv4Address(address).is_loopback else address


def _let_down(machine: Machine) -> None:
    """Wait until a machine whose Ollama is gone has gone down too: to switch on what is still on does nothing."""
    if machine.sleep != "ssh":
        return
    until = clock.monotonic_seconds() + DOWN_SECONDS
    pause = threading.Event()
    while clock.monotonic_seconds() < until:
        try:
            socket.create_connection(sleeping.place(machine), LOOK_SECONDS).close()
        except OSError:
            return
        pause.wait(LOOK_SECONDS)


def _plan(data: Path, machine: Machine, now_ms: int) -> wake.Plan:
    wishes: dict[str, Any] = {"port": machine.wol_port, "relay": machine.relay, "repeat": RELAY_REPEAT_SECONDS}
    if machine.mac:
        address = address_of(machine)
        return wake.plan_stranger(data, machine.name, machine.mac, address, machine.host, wishes, now_ms)
    return wake.plan(data, machine.host, wishes, now_ms)


def _mac(data: Path, machine: Machine) -> str:
    """Return the hardware address: the one that is set, else the one that its agent told of."""
    return machine.mac or wake.best_mac(data, machine.host)


def _itself(machine: Machine, arguments: Mapping[str, Any], password: bytes, broadcast: str = "") -> Outcome:
    if not arguments.get("mac"):
        return Outcome(WAKE, False, "its hardware address is not known: set mac", True)
    try:
        target = socket.gethostbyname(broadcast) if broadcast else ""
        sent = sending.send({"port": machine.wol_port, **arguments}, password=password, broadcast=target)
    except sending.WakeError as error:
        return Outcome(WAKE, False, str(error))
    except OSError as error:
        return Outcome(WAKE, False, f"the broadcast address {broadcast} cannot be looked up: {error.strerror}")
    return Outcome(WAKE, True, f"{sent.summary} ({'; '.join(sent.data['ways'])})")
