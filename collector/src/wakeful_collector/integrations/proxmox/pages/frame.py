"""What every page of Proxmox shares: the blueprint, the cluster that is meant, and what its frame says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from flask import Blueprint, url_for

from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.integrations.proxmox.pages import words
from wakeful_collector.model import estate as shapes
from wakeful_collector.read import proxmox
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.model.estate import Area
    from wakeful_collector.read.proxmox import Standing

NAME = "proxmox"
blueprint = Blueprint(
    NAME,
    "wakeful_collector.integrations.proxmox",
    url_prefix="/integrations/proxmox",
    template_folder="templates",
    static_folder="static",
    static_url_path="/_/static",
)
"""`_` is no name of a cluster: what is no cluster stands below it."""

READ, OPERATE, ADMIN = "read", "operate", "admin"
LATE_POLLS = 6
"""After so many polls that did not come, what is shown is called old."""

FILTERS: dict[str, Callable[..., Any]] = {
    "guest_kind": words.kind,
    "task_kind": words.task,
    "proxmox_who": words.who,
    "counted": words.counted,
    "area": words.area,
    "path_part": lambda text: quote(str(text), safe=""),
}
for _name, _filter in FILTERS.items():
    blueprint.add_app_template_filter(_filter, _name)


class Sight(NamedTuple):
    """How well a cluster is in view: a word with its mood, and the sentence about it."""

    mood: str
    text: str
    icon: str
    sentence: str


def found_cluster(name: str) -> Cluster:
    """Return the cluster that the address names; answer 404 when there is none."""
    found = clusters.cluster(kit.data(), name)
    if found is None:
        kit.abort(404, "unknown_cluster", "There is no such Proxmox cluster here. It may have been removed.")
    return found


def cluster_page(template: str, cluster: Cluster, tab: str, **context: Any) -> kit.Answer:
    """Return a page of one cluster, with what its frame says."""
    standing = proxmox.standing(kit.data(), cluster.name)
    return kit.render(
        template,
        active=NAME,
        cluster=cluster,
        tab=tab,
        standing=standing,
        sight=sight(cluster, standing, kit.now_ms()),
        closed=closed(proxmox.areas(kit.data(), cluster.name)),
        here=url_for("proxmox.cluster", name=cluster.name),
        **lacking(),
        **context,
    )


def lacking() -> dict[str, Any]:
    """Return why whoever looks may not act, and why they may not set up; empty when they may."""
    asking = kit.principal()
    return {"lacking": kit.lacks(asking, OPERATE), "lacking_admin": kit.lacks(asking, ADMIN)}


def sight(cluster: Cluster, standing: Standing, now_ms: int) -> Sight:
    """Return how well a cluster is in view."""
    if standing.failed and not standing.polled_ms:
        return Sight("bad", "Not reached yet", "alert", standing.error)
    if standing.failed:
        return Sight("bad", "Not reached", "alert", f"what is shown is older: {standing.error}")
    if not standing.polled_ms:
        return Sight("new", "Not looked at yet", "busy", "the first look comes within seconds of the worker's start")
    if now_ms - standing.polled_ms > LATE_POLLS * cluster.poll_seconds * 1000 + 30_000:
        return Sight("warn", "Not seen lately", "alert", "is the collector's worker running?")
    if standing.quorate is False:
        return Sight("bad", "No quorum", "alert", "")
    return Sight("ok", "In view", "up", "")


def closed(areas: Iterable[Area]) -> list[Area]:
    """Return what the token may not see, or not all of, by name."""
    hidden = {shapes.NOT_PERMITTED, shapes.PARTIAL}
    return sorted((one for one in areas if one.state in hidden), key=lambda one: one.name)
