"""What of the machines needs a look: the problems that the fleet's page shows, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.model.host import HostStatus, host_status
from wakeful_collector.read import fleet
from wakeful_collector.read import hosts as read_hosts
from wakeful_collector.read import troubles as read
from wakeful_collector.web import kit
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import TEXT, listed, record
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, words
from wakeful_collector.web.pages_text import share

if TYPE_CHECKING:
    from wakeful_collector.model.trouble import Trouble
    from wakeful_collector.read.fleet import Problem

_FIGURES = {
    "disk": (fleet.SPACE, "{subject} is {share} full"),
    "memory": (fleet.MEMORY_NOW, "Memory is {share} used"),
    "cpu": (fleet.CPU_NOW, "CPU at {share} for 5 min"),
}
"""What the page says of figures: these problems are no rule's, and have a share instead of a sentence."""


def _troubles(call: Call) -> dict[str, Any]:
    chosen = read_hosts.hosts(kit.data()) if call["host"] is None else [known_host(call["host"])]
    key = chosen[0].key if call["host"] is not None else None
    found = read.troubles(kit.data(), key)
    figures = {row.host.key: row.problems for row in fleet.fleet(kit.data(), call.now_ms)}
    # What a silent machine said last is no news: its silence is.
    heard = [host for host in chosen if host_status(host, call.now_ms) is not HostStatus.SILENT]
    return {
        "troubles": [
            {"host": host.id, "host_name": host.name, **one}
            for host in heard
            for one in _of(found.get(host.key, []), figures.get(host.key, ()))
        ]
    }


def _of(troubles: list[Trouble], problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    stand = [{"severity": one.severity, "kind": one.kind, "text": one.text, "metric": one.metric} for one in troubles]
    full = [_figure(one) for one in problems if one.kind in _FIGURES]
    return sorted(stand + full, key=lambda one: one["severity"])  # "bad" is before "warn"


def _figure(one: Problem) -> dict[str, str]:
    metric, text = _FIGURES[one.kind]
    said = text.format(subject=one.subject, share=share(one.share))
    return {"severity": one.severity, "kind": one.kind, "text": said, "metric": metric}


_SEVERITY = {"type": "string", "enum": ["bad", "warn"]}
ENDPOINTS = (
    Endpoint(
        "GET",
        "/troubles",
        "troubles",
        "List what needs a look, the bad of each host first",
        _troubles,
        record(
            troubles=listed(
                record(host=TEXT, host_name=TEXT, severity=_SEVERITY, kind=TEXT, text=TEXT, metric=TEXT),
            )
        ),
        "hosts",
        parameters=(Parameter("host", words(64), "Only of the host with this id"),),
        errors=(404,),
        description="As the fleet's page shows them; a silent host has none but its silence.",
    ),
)
