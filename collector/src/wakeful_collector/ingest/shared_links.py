"""Links of shared terminals in what a push says: kept sealed where operators need them, masked everywhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wakeful_collector.model import links
from wakeful_collector.model.watch import LINKS_MAX, SERVERS
from wakeful_collector.store import inventories, vault

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.ingest.reading import Reading, Side

URL_CHARACTERS_MAX = 512


def guarded(data: Path, reading: Reading, content: bytes) -> Reading:
    """Return the push as it may be kept: no link stands in it in clear."""
    side = reading.side
    if side is None or not (links.may_hold(content) or _named(side)):
        return reading
    bodies = dict(side.bodies)
    for one in side.inventories:
        if one.has_body:
            body = _sealed(data, one.body) if one.name == SERVERS else links.masked_all(one.body)
            bodies[one.name] = inventories.pack(_text(body))
    return reading._replace(
        side=side._replace(
            hello=links.masked_all(side.hello),
            bodies=bodies,
            meters={name: one._replace(error=links.masked(one.error)) for name, one in side.meters.items()},
            events=[
                one._replace(subject=links.masked(one.subject), data=links.masked_all(one.data)) for one in side.events
            ],
            results=[one._replace(data=links.masked_all(one.data)) for one in side.results],
        )
    )


def _named(side: Side) -> bool:
    return any(one.name == SERVERS and one.has_body for one in side.inventories)


def _sealed(data: Path, servers: Any) -> Any:
    """Return the servers with their links as `{"kind", "url": masked, "sealed"}`, and every other text masked."""
    if not isinstance(servers, list):
        return links.masked_all(servers)
    return [_sealed_server(data, one) for one in servers]


def _sealed_server(data: Path, server: Any) -> Any:
    shown = links.masked_all(server)
    if not isinstance(server, dict) or not isinstance(server.get("links"), list):
        return shown
    shown["links"] = [
        {
            "kind": links.masked(one["kind"])[:32] if isinstance(one.get("kind"), str) else "",
            "url": _shown(one["url"]),
            "sealed": vault.seal(data, one["url"]),
        }
        for one in server["links"][:LINKS_MAX]
        if isinstance(one, dict) and isinstance(one.get("url"), str) and len(one["url"]) <= URL_CHARACTERS_MAX
    ]
    return shown


def _shown(url: str) -> str:
    """Return a link as everybody may see it; what is no link of the known form shows nothing of itself."""
    shown = links.masked(url)
    return shown if shown != url else "..."


def _text(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
