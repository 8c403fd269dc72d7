"""What other monitors ask: /healthz, /readyz, and /metrics in Prometheus' text form."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from wakeful_collector.read import (
    deliveries,
    gateway,
    gateway_history,
    gateway_leases,
    heartbeats,
    hosts,
    incidents,
    latest,
    proxmox,
    proxmox_clusters,
    traffic,
)
from wakeful_collector.read import health as read_health
from wakeful_collector.web import health, kit, metrics_gateway, metrics_names, metrics_own, metrics_proxmox
from wakeful_collector.web.metrics_gateway import Gateway
from wakeful_collector.web.metrics_text import render

if TYPE_CHECKING:
    from pathlib import Path

blueprint = Blueprint("metrics", __name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")


@blueprint.get("/healthz")
def healthz() -> kit.Answer:
    """Answer that this process lives; nothing else is looked at."""
    return kit.json_answer({"alive": True}, headers={"Cache-Control": "no-store"})


@blueprint.get("/readyz")
def readyz() -> kit.Answer:
    """Answer 200 when pushes are taken and the worker lives, else 503; what is wrong is for those with a key."""
    checks = health.checks(kit.data(), kit.now_ms())
    asking = kit.principal()
    detailed = asking is not None and asking.may("read")
    ready = all(check.problem is None for check in checks)
    document = {
        "ready": ready,
        "checks": [
            {
                "name": check.name,
                "ok": check.problem is None,
                **({"problem": check.problem} if detailed and check.problem else {}),
            }
            for check in checks
        ],
    }
    return kit.json_answer(document, 200 if ready else 503, {"Cache-Control": "no-store"})


@blueprint.get("/metrics")
def metrics() -> kit.Answer:
    """Answer the health of collector, gateway and clusters, and the fleet's values under node_exporter's names."""
    if not _open():
        kit.require("read")
    data, now_ms = kit.data(), kit.now_ms()
    fleet = hosts.hosts(data)
    own = metrics_own.families(
        fleet,
        traffic.statistics(data),
        traffic.condition(data),
        heartbeats.of_all(data),
        read_health.sizes(data),
        now_ms,
    )
    own += metrics_own.escalation(*incidents.counts(data), deliveries.counts(data))
    own += metrics_gateway.families(
        Gateway(
            gateway.machines(data),
            gateway.states(data),
            gateway_leases.leases(data, now_ms),
            gateway_history.totals(data),
        ),
        gateway_history.FIRST_BYTE_BUCKETS,
    )
    own += metrics_proxmox.families([_cluster(data, row.name) for row in proxmox_clusters.clusters(data)], now_ms)
    samples = latest.latest_of_all(data, metrics_names.NAMES)
    text = render([*own, *metrics_names.families(fleet, samples, hosts.unames(data), now_ms)])
    return Response(text, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def _cluster(data: Path, name: str) -> metrics_proxmox.Known:
    return metrics_proxmox.Known(
        name,
        proxmox.standing(data, name),
        proxmox.nodes(data, name),
        proxmox.guests(data, name),
        proxmox.areas(data, name),
        proxmox.usage(data, name)[1],
    )


def _open() -> bool:
    """Tell whether this needs no key: a program of this machine asks, and asks for nobody else.

    What a proxy forwards comes from this machine too where nobody declared the proxy: then anybody may be behind it.
    """
    if not kit.settings().metrics_open_on_loopback or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(kit.client_address())
    except ValueError:
        return False
    return address.is_loopback
