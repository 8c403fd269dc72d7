"""The address that the world sees this machine under, asked of a lookup that agent.toml names and of nobody else."""

from __future__ import annotations

import ipaddress
import json

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.meter import Meter, NoData, Option, Reading
from wakeful_agent.network.place import parse_url
from wakeful_agent.network.visit import visit
from wakeful_wire.schema import series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.host.files import Host

KEPT_MS = 60_000
BACKOFF_MS_MAX = 3_600_000
_BODY_BYTES_MAX = 4_096
_TIMEOUT_SECONDS = 10.0
_KEYS = ("ip", "address", "ip_addr", "query")
_FAMILIES = ("ipv4", "ipv6")


def parse_answer(text: str, family: str) -> str:
    """Return the address in an answer, which is that alone or JSON with it under `ip` or `address`; raise Malformed."""
    text = text.strip()
    if text.startswith("{"):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise Malformed("the lookup's answer is not JSON") from None
        text = next((document[key] for key in _KEYS if isinstance(document.get(key), str)), "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise Malformed(f"the lookup answers with no address: {label(text[:60])!r}") from None
    if f"ipv{address.version}" != family:
        raise Malformed(f"the lookup for {family} answers with {address}")
    if address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local:
        raise Malformed(f"the lookup answers with {address}, which nobody can be reached at")
    return str(address)


class _Lookup:
    """What is known of one family: asked at most once a minute, after failures more and more seldom."""

    def __init__(self, family: str, url: str) -> None:
        self.family = family
        self.url = url
        self.address = ""
        self.since_ms: int | None = None
        self.error = ""
        self._next_ms: int | None = None
        self._asked_ms = 0
        self._failures = 0

    def refresh(self, now_ms: int) -> None:
        """Ask when it is time to; a clock that was set back makes it time."""
        if self._next_ms is not None and self._asked_ms <= now_ms < self._next_ms:
            return
        self._asked_ms = now_ms
        try:
            found = self._ask()
        except HostError as error:
            self.error = label(str(error), 300)
            self._next_ms = now_ms + min(KEPT_MS << min(self._failures, 10), BACKOFF_MS_MAX)
            self._failures += 1
            return
        self._failures = 0
        self._next_ms = now_ms + KEPT_MS
        self.error = ""
        if found != self.address:
            self.address, self.since_ms = found, now_ms

    def _ask(self) -> str:
        found = visit(
            parse_url(self.url),
            timeout_seconds=_TIMEOUT_SECONDS,
            most=_BODY_BYTES_MAX,
            family=self.family,
        )
        if found.status != 200:
            raise HostError(f"the lookup answers with status {found.status}{found.distrust and ': ' + found.distrust}")
        return parse_answer(decode(found.body), self.family)

    def row(self) -> dict[str, Any]:
        """Return its row of the inventory; the address is the last one known."""
        return {
            "family": self.family,
            "state": "down" if self.error else "up",
            "address": self.address,
            "since_ms": self.since_ms,
            "error": self.error,
        }


class PublicIpMeter(Meter):
    """Asks a lookup of your choice over IPv4 and over IPv6; without a URL it asks nobody."""

    name = "public_ip"
    aside = True
    interval_seconds = 60.0
    budget_seconds = 30.0
    fix = '[meters.public_ip] ipv4_url = "https://ip.example.org" in agent.toml'
    exposes = "the lookup's owner learns this machine's address, and that it runs"
    options = (
        Option("ipv4_url", "", "a page that answers with the address it is asked from, asked over IPv4", local=True),
        Option("ipv6_url", "", "the same over IPv6; it may be the same page", local=True),
    )

    def configure(self, options: Any) -> None:
        """Take checked options; what is known of a lookup that stays set is kept."""
        super().configure(options)
        before = {(one.family, one.url): one for one in getattr(self, "_lookups", ())}
        urls = {family: self.chosen[f"{family}_url"] for family in _FAMILIES}
        self._lookups = [before.get(one) or _Lookup(*one) for one in urls.items() if one[1]]
        self._series = [
            series(name, family=one.family) for one in self._lookups for name in ("public_ip.up", "public_ip.changed")
        ]

    def probe(self, host: Host) -> Capability:
        """Say whether a lookup is set; nobody is asked for this."""
        if self._lookups:
            return granted(self.name, ", ".join(one.family for one in self._lookups))
        return missing(self.name, "no lookup is set", self.fix, self.exposes)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return whether each lookup answers and since when its address is what it is."""
        lookups = self._lookups
        if not lookups:
            raise NoData("no lookup is set")
        values: list[float | None] = []
        for lookup in lookups:
            lookup.refresh(now_ms)
            values.append(0.0 if lookup.error else 1.0)
            values.append(None if lookup.since_ms is None else lookup.since_ms / 1000)
        rows = [lookup.row() for lookup in lookups]
        trouble = None if any(not one.error for one in lookups) else HostError(lookups[0].error)
        return Reading(self._series, values, {self.name: rows}, trouble)
