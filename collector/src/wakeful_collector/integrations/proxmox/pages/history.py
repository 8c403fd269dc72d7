"""What changed in a cluster, newest first; and the difference between two moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import request

from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.read import proxmox_history
from wakeful_collector.web import kit

A_PAGE = 100
KINDS = ("cluster", "guest", "node", "storage", "network", "pool", "ha", "replication", "backup_job")
SPANS = {
    "1h": ("an hour ago", 3_600_000),
    "24h": ("a day ago", 86_400_000),
    "7d": ("a week ago", 604_800_000),
    "30d": ("30 days ago", 2_592_000_000),
}
DIFFERENCES_SHOWN = 500


@kit.page(blueprint, "/<name>/history")
def history(name: str) -> kit.Answer:
    """Show the changes of a cluster, or their rows alone when the page's script asks."""
    found = found_cluster(name)
    kind = request.args.get("kind", "")
    before = kit.number("before", 0, 0, 1 << 53) or None
    page = proxmox_history.changes(
        kit.data(), found.name, kind=kind if kind in KINDS else None, before=before, limit=A_PAGE
    )
    context: dict[str, Any] = {
        "changes": page.changes,
        "older": page.next,
        "is_first": before is None,
        "kind": kind if kind in KINDS else "",
        "kinds": KINDS,
        "spans": SPANS,
    }
    if kit.is_part():
        return kit.render("proxmox/history-rows.html", cluster=found, **context, **lacking())
    return cluster_page("proxmox/history.html", found, "history", **context)


@kit.page(blueprint, "/<name>/difference")
def difference(name: str) -> kit.Answer:
    """Show what is other now, or at a moment, than it was at another."""
    found = found_cluster(name)
    now_ms = kit.now_ms()
    span = request.args.get("since", "")
    from_ms = _moment(request.args.get("from", ""))
    to_ms = _moment(request.args.get("to", "")) or now_ms
    if from_ms is None:
        span = span if span in SPANS else "24h"
        from_ms = to_ms - SPANS[span][1]
    told = proxmox_history.diff(kit.data(), found.name, min(from_ms, to_ms), max(from_ms, to_ms))
    return cluster_page(
        "proxmox/difference.html",
        found,
        "history",
        differences=told.differences[:DIFFERENCES_SHOWN],
        more=max(0, len(told.differences) - DIFFERENCES_SHOWN),
        is_complete=told.is_complete,
        from_ms=min(from_ms, to_ms),
        to_ms=max(from_ms, to_ms),
        span=span,
        spans=SPANS,
    )


def _moment(text: str) -> int | None:
    """Return the moment that a form's field holds (UTC), None where it holds none."""
    try:
        found = datetime.fromisoformat(text[:32])
    except ValueError:
        return None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp() * 1000)) if 1970 <= aware.year <= 2100 else None
