"""What `ceph status` and `ceph df` say as JSON, of Luminous to Squid.

Source: docs.ceph.com, "Monitoring a cluster"; osdmap lies one level deeper before Octopus, and newer ones count mons.
"""

from __future__ import annotations

import json

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.jsons import at, flag, number, text, things
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Figures = dict[tuple[str, str], float | None]

OK, WARNING, ERROR = STATES = ("ok", "warning", "error")
POOLS_MAX = 256
CHECKS_MAX = 100
_SEVERITIES = {"HEALTH_OK": OK, "HEALTH_WARN": WARNING, "HEALTH_ERR": ERROR}
_GROUP_STATES = {
    "clean": "clean",
    "degraded": "degraded",
    "undersized": "undersized",
    "recovering": "recovering",
    "backfilling": "recovering",
    "inconsistent": "inconsistent",
    "stale": "stale",
}


def read_json(output: str) -> dict[str, Any]:
    """Return the document; raise Malformed when it is none."""
    try:
        document = json.loads(output)
    except (ValueError, RecursionError):
        raise Malformed(f"ceph wrote no JSON but {output[:40]!r}") from None
    if not isinstance(document, dict):
        raise Malformed("ceph wrote JSON of another form")
    return document


def status_figures(document: dict[str, Any]) -> Figures:
    """Return the figures of `ceph status` by metric (behind `ceph.`) and the word of its label."""
    osds = at(document, "osdmap", "osdmap") or at(document, "osdmap")
    monitors = number(document, "monmap", "num_mons")
    listed, quorum, pgmap = at(document, "monmap", "mons"), at(document, "quorum"), at(document, "pgmap")
    checks = [check for check in checks_of(document) if not check["muted"]]
    severities = [check["severity"] for check in checks]
    found: Figures = {
        ("monitors", "total"): float(len(listed)) if isinstance(listed, list) else monitors,
        ("monitors", "quorum"): float(len(quorum)) if isinstance(quorum, list) else None,
        ("osds", "total"): number(osds, "num_osds"),
        ("osds", "up"): number(osds, "num_up_osds"),
        ("osds", "in"): number(osds, "num_in_osds"),
        ("checks", WARNING): float(severities.count(WARNING)),
        ("checks", ERROR): float(severities.count(ERROR)),
        **_groups(document),
        ("objects", "total"): number(pgmap, "num_objects"),
        ("capacity.limit", ""): number(pgmap, "bytes_total"),
        ("capacity.usage", "used"): number(pgmap, "bytes_used"),
        ("capacity.usage", "free"): number(pgmap, "bytes_avail"),
    }
    for state in ("degraded", "misplaced", "unfound"):  # told only while there are some
        found["objects", state] = number(pgmap, f"{state}_objects") or 0.0
    for direction in ("read", "write"):
        found["client.io", direction] = number(pgmap, f"{direction}_bytes_sec") or 0.0
        found["client.operations", direction] = number(pgmap, f"{direction}_op_per_sec") or 0.0
    found["recovery.io", ""] = number(pgmap, "recovering_bytes_per_sec") or 0.0
    used, limit = found["capacity.usage", "used"], found["capacity.limit", ""]
    found["capacity.utilization", ""] = None if used is None or not limit else round(used / limit, 6)
    return found


def state_of(document: dict[str, Any]) -> str:
    """Return the health: ok, warning or error; raise Malformed when it is not told."""
    told = text(document, "health", "status") or text(document, "health", "overall_status")
    if told not in _SEVERITIES:
        raise Malformed(f"ceph tells the health {told[:40]!r}")
    return _SEVERITIES[told]


def checks_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the health checks that complain."""
    checks = at(document, "health", "checks")
    found = []
    for name, check in list(checks.items())[:CHECKS_MAX] if isinstance(checks, dict) else []:
        severity = _SEVERITIES.get(text(check, "severity"), WARNING)
        message = text(check, "summary", "message")
        muted = flag(check, "muted") is True
        found.append({"name": label(name, 128), "severity": severity, "message": message, "muted": muted})
    return found


def pool_figures(document: dict[str, Any]) -> dict[str, Figures]:
    """Return the figures of `ceph df` by pool, each by metric (behind `ceph.pool.`) and the word of its label."""
    found: dict[str, Figures] = {}
    for pool in things(document, "pools")[:POOLS_MAX]:
        name, stats = text(pool, "name"), at(pool, "stats")
        stored = number(stats, "stored")
        free = number(stats, "max_avail")
        stored = number(stats, "bytes_used") if stored is None else stored
        whole = None if stored is None or free is None else stored + free
        found[name] = {
            ("usage", "stored"): stored,
            ("usage", "used"): number(stats, "bytes_used"),
            ("available", ""): free,
            ("utilization", ""): None if stored is None or not whole else round(stored / whole, 6),
            ("objects", ""): number(stats, "objects"),
        }
    return found


def _groups(document: dict[str, Any]) -> Figures:
    counts = dict.fromkeys((*_GROUP_STATES.values(), "inactive"), 0.0)
    for row in things(document, "pgmap", "pgs_by_state"):
        words = set(text(row, "state_name").split("+"))
        count = number(row, "count") or 0.0
        for state in {_GROUP_STATES[word] for word in words if word in _GROUP_STATES}:
            counts[state] += count
        if "active" not in words:
            counts["inactive"] += count
    found: Figures = {("placement_groups", state): count for state, count in counts.items()}
    return {("placement_groups", "total"): number(document, "pgmap", "num_pgs"), **found}
