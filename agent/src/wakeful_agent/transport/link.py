"""The whole way out: spool, connection and sender, put together from the settings."""

from __future__ import annotations

from wakeful_agent.config import ConfigErrors
from wakeful_agent.config.address import parse
from wakeful_agent.daemon.events import SPOOL_DROPPED
from wakeful_agent.network.http import Client
from wakeful_agent.transport.sender import Listeners, Sender
from wakeful_agent.transport.spool import Head, Spool
from wakeful_wire import packing
from wakeful_wire.limits import PACKED_BYTES_MAX
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

    from wakeful_agent.config import Config
    from wakeful_agent.host.log import Log

DAY_MS = 86_400_000


class Way(NamedTuple):
    """Where the collector is and what is shown and believed there; a change needs a new connection."""

    url: str
    fingerprint: str | None
    ca_file: str | None
    proxy: str | None
    token: str


def make_client(way: Way, timeout_seconds: float) -> Client:
    """Return a client for the way; nothing is connected yet."""
    proxy = parse(way.proxy) if way.proxy else None
    return Client(parse(way.url), proxy, way.ca_file, way.fingerprint, timeout_seconds)


class Link:
    """Keeps pushes and has them sent; settings can change while it runs. `find_way` reads the way anew."""

    def __init__(
        self, folder: str, config: Config, find_way: Callable[[Config], Way], ears: Listeners, log: Log
    ) -> None:
        self._find_way = find_way
        self._ears = ears
        self._log = log
        self._spool = Spool(folder, *_bounds(config))
        self._way: Way | None = None
        self._client: Client | None = None
        self._sender: Sender | None = None
        self._before = {"accepted": 0, "retried": 0}

    def put_schema(self, schema: str, series: list[Any]) -> None:
        """Keep a series list before the first push that needs it."""
        self._spool.put_schema(schema, series)

    def put(self, push: dict[str, Any], time_ms: int) -> None:
        """Keep a push on disk and wake the sender."""
        content = packing.pack(push)
        if len(content) > PACKED_BYTES_MAX:
            self._log.trouble("size", "a push is larger than the wire takes: its inventories are left out")
            content = packing.pack({**push, "inventories": {}})
        self._spool.put(Head(time_ms, push["run"], push["sequence"], push["schema"]), content, time_ms, _reports(push))
        if self._sender is not None:
            self._sender.nudge()

    def reconfigure(self, config: Config, request_timeout_seconds: float) -> None:
        """Take new settings; a new way out ends the old connection."""
        self._spool.bytes_max, self._spool.age_ms_max = _bounds(config)
        way = self._way_now(config)
        if way != self._way:
            self.stop()
            self._way = way
            self._client = make_client(way, request_timeout_seconds)
            self._sender = Sender(self._spool, self._client, way.token, self._ears, self._log)
            self._sender.start()
        if self._client is not None and self._sender is not None:
            self._client.timeout_seconds = request_timeout_seconds
            self._sender.drain_per_second = config.spool_drain_per_second

    def _way_now(self, config: Config) -> Way:
        """Return the way as the files say it; while they cannot be read, the one taken before."""
        try:
            way = self._find_way(config)
        except ConfigErrors as errors:
            if self._way is None:
                raise
            self._log.trouble("way", f"{errors}. What was read before stays in force", "error")
            return self._way
        self._log.over("way", "identity and token can be read again")
        return way

    def stop(self) -> None:
        """Try the newest push a last time and end the connection."""
        if self._sender is not None:
            self._sender.stop()
            self._before = dict(self.counts())

    @property
    def trouble(self) -> str:
        """Return why the spool cannot be written; empty when it can."""
        return self._spool.trouble

    @property
    def unreported(self) -> int:
        """Return how many dropped pushes are still to be told of; 0 while a push that does waits."""
        return self._spool.unreported

    @property
    def size_bytes(self) -> int:
        """Return the disk space of what waits."""
        return self._spool.size_bytes

    def __len__(self) -> int:
        return len(self._spool)

    def age_seconds(self, now_ms: int) -> float:
        """Return how long the oldest push has waited."""
        return self._spool.age_seconds(now_ms)

    def counts(self) -> Mapping[str, int]:
        """Return the pushes of this start by outcome."""
        sender = self._sender
        return {
            "accepted": self._before["accepted"] + (sender.accepted if sender else 0),
            "retried": self._before["retried"] + (sender.retried if sender else 0),
            "set_aside": self._spool.set_aside,
            "dropped": self._spool.dropped,
        }


def _reports(push: Mapping[str, Any]) -> int:
    return sum(event["data"]["pushes"] for event in push.get("events", ()) if event["kind"] == SPOOL_DROPPED)


def _bounds(config: Config) -> tuple[int, int]:
    return config.spool_size_mb * 1024 * 1024, round(config.spool_age_days * DAY_MS)
