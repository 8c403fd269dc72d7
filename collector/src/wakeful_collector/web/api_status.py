"""The collector's own state: health, sizes, what the disk will hold."""

from __future__ import annotations

from collections import Counter
from typing import Any

from wakeful_collector import __version__
from wakeful_collector.clock import rfc3339
from wakeful_collector.model.host import host_status
from wakeful_collector.read import health as read_health
from wakeful_collector.read import heartbeats, hosts, traffic
from wakeful_collector.web import health, kit
from wakeful_collector.web.api_shapes import FLAG, NUMBER, TEXT, TIME, WHOLE, listed, maybe, record, time_or_none
from wakeful_collector.web.kit_endpoints import Call, Endpoint


def _status(call: Call) -> dict[str, Any]:
    data = kit.data()
    checks = health.checks(data, call.now_ms)
    counted = Counter(host_status(host, call.now_ms).value for host in hosts.hosts(data))
    condition, statistics = traffic.condition(data), traffic.statistics(data)
    return {
        "version": __version__,
        "now": rfc3339(call.now_ms),
        "ready": all(check.problem is None for check in checks),
        "checks": [{"name": check.name, "problem": check.problem} for check in checks],
        "hosts": dict(counted),
        "pushes": statistics.pushes,
        "samples": statistics.samples,
        "last_push": time_or_none(condition.last_push_ms),
        "disk_full_since": time_or_none(condition.full_since_ms),
        "bytes": read_health.sizes(data),
        "jobs": [
            {"name": beat.name, "at": rfc3339(beat.at_ms), "interval": beat.interval_seconds}
            for beat in heartbeats.of_all(data).values()
        ],
    }


def _forecast(call: Call) -> dict[str, Any]:
    found = read_health.forecast(kit.data(), kit.settings(), call.now_ms)
    return {
        "bytes_now": found.bytes_now,
        "bytes_per_day": found.bytes_per_day,
        "bytes_expected": found.bytes_expected,
        "bytes_free": found.free_bytes,
        "fits": found.fits,
    }


_COUNTS = {"type": "object", "additionalProperties": WHOLE}
ENDPOINTS = (
    Endpoint(
        "GET",
        "/status",
        "status",
        "Show how the collector is",
        _status,
        record(
            version=TEXT,
            now=TIME,
            ready=FLAG,
            checks=listed(record(name=TEXT, problem=maybe(TEXT))),
            hosts=_COUNTS,
            pushes=_COUNTS,
            samples=WHOLE,
            last_push=maybe(TIME),
            disk_full_since=maybe(TIME),
            bytes=_COUNTS,
            jobs=listed(record(name=TEXT, at=TIME, interval=NUMBER)),
        ),
        "collector",
    ),
    Endpoint(
        "GET",
        "/forecast",
        "forecast",
        "Show what the disk will hold once every tier is full",
        _forecast,
        record(bytes_now=NUMBER, bytes_per_day=NUMBER, bytes_expected=NUMBER, bytes_free=NUMBER, fits=FLAG),
        "collector",
    ),
)
