"""What a request works with: settings, registry, the time, and where the request comes from."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flask import Flask, Request, current_app, g, request

from wakeful_collector import clock
from wakeful_collector.commands import Waiting
from wakeful_collector.ingest.rates import Rates

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.operations.registry import Registry
    from wakeful_collector.web.kit_rooms import Offer, Place

EXTENSION = "wakeful"
ASKS_PER_SECOND = 500.0
ASKS_BURST = 5_000.0


@dataclass(frozen=True, slots=True)
class State:
    """What `create_app` puts into the application; `rates` and `waiting` bound who asks this process.

    `navigation` and `offers` (by operation) are what the rooms add to the pages.
    """

    settings: Settings
    registry: Registry
    rates: Rates = field(default_factory=lambda: Rates(ASKS_PER_SECOND, ASKS_BURST))
    waiting: Waiting = field(default_factory=Waiting)
    navigation: tuple[Place, ...] = ()
    offers: dict[str, Offer] = field(default_factory=dict)


def install(app: Flask, state: State) -> None:
    """Put `state` where requests find it."""
    app.extensions[EXTENSION] = state


def state() -> State:
    """Return what the application was made with."""
    return cast("State", current_app.extensions[EXTENSION])


def settings() -> Settings:
    """Return the settings in force."""
    return state().settings


def data() -> Path:
    """Return the data folder."""
    return state().settings.data


def now_ms() -> int:
    """Return when this request came, in milliseconds since the epoch; the same for its whole life."""
    if "now_ms" not in g:
        g.now_ms = clock.now_ms()
    return cast("int", g.now_ms)


def client_address(asked: Request | None = None) -> str:
    """Return the address the request comes from; a declared proxy is believed about who it forwards for."""
    asked = request if asked is None else asked
    address = _unmapped(asked.remote_addr or "")
    if not _trusted(address):
        return address
    for hop in reversed(asked.headers.get("X-Forwarded-For", "").split(",")):
        candidate = _unmapped(hop.strip())
        if not _is_address(candidate):
            return address
        address = candidate
        if not _trusted(address):
            return address
    return address


def is_secure() -> bool:
    """Tell whether the browser reached us over TLS: our own, or that of a declared proxy."""
    if request.scheme == "https":
        return True
    forwarded = request.headers.get("X-Forwarded-Proto", "").strip().lower() == "https"
    return forwarded and _trusted(_unmapped(request.remote_addr or ""))


def _unmapped(address: str) -> str:
    """Return an IPv4 address as itself that came as IPv6 (`::ffff:192.0.2.7`): a listener on `[::]` sees all so."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return address if mapped is None else str(mapped)


def _trusted(address: str) -> bool:
    proxies = settings().trusted_proxies
    if not proxies or not _is_address(address):
        return False
    found = ipaddress.ip_address(address)
    return any(found in ipaddress.ip_network(proxy, strict=False) for proxy in proxies)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
