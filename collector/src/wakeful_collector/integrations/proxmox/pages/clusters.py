"""The page of all clusters: how each stands, in a card, what is wrong first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.link import clusters as settings
from wakeful_collector.integrations.proxmox.pages import frame, rows, wrong
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, lacking
from wakeful_collector.integrations.proxmox.pages.wrong import share
from wakeful_collector.read import proxmox, proxmox_backups, proxmox_history
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.integrations.proxmox.pages.frame import Sight
    from wakeful_collector.integrations.proxmox.pages.wrong import Wrong
    from wakeful_collector.model.estate import Estate, Usage
    from wakeful_collector.read.proxmox import Standing

SHOWN_WRONG = 4
TASKS_READ = 300


class Figures(NamedTuple):
    """What a cluster has and uses; shares are of one, None where nobody knows."""

    nodes: int
    online: int
    guests: int
    running: int
    templates: int
    cpu: float | None
    cpus: float
    memory: float | None
    memory_bytes: int
    memory_max_bytes: int
    storage: float | None
    storage_bytes: int
    storage_max_bytes: int


class Card(NamedTuple):
    """One cluster: how it is in view, its figures, and what is wrong with it."""

    cluster: Cluster
    standing: Standing
    sight: Sight
    figures: Figures
    wrongs: list[Wrong]
    more: int


@kit.page(blueprint, "")
def clusters() -> kit.Answer:
    """Show all clusters, or the cards alone when the page's script asks."""
    cards = [_card(one) for one in settings.clusters(kit.data())]
    template = "proxmox/cards.html" if kit.is_part() else "proxmox/clusters.html"
    return kit.render(template, active=frame.NAME, cards=cards, **lacking())


def figures(found: Estate) -> Figures:
    """Return what a cluster has and uses; only nodes that are online count."""
    online = [found.usage[one.id] for one in found.nodes if one.status == "online" and one.id in found.usage]
    storages = [row.usage for row in rows.storages(found.storages, found.usage) if row.used is not None]
    guests = [one for one in found.guests if not one.template]
    cpus = sum(one.cpus or 0.0 for one in online)
    used = sum((one.cpu or 0.0) * (one.cpus or 0.0) for one in online)
    memory, memory_max = _sums(online, lambda one: one.memory_bytes, lambda one: one.memory_max_bytes)
    stored, stored_max = _sums(storages, lambda one: one.disk_bytes, lambda one: one.disk_max_bytes)
    return Figures(
        nodes=len(found.nodes),
        online=sum(one.status == "online" for one in found.nodes),
        guests=len(guests),
        running=sum(one.status == "running" for one in guests),
        templates=len(found.guests) - len(guests),
        cpu=share(used, cpus or None),
        cpus=cpus,
        memory=share(memory, memory_max or None),
        memory_bytes=memory,
        memory_max_bytes=memory_max,
        storage=share(stored, stored_max or None),
        storage_bytes=stored,
        storage_max_bytes=stored_max,
    )


def wrongs_of(found: Estate) -> list[Wrong]:
    """Return what is wrong with a cluster, its backups and newest tasks looked at too."""
    backups = proxmox_backups.of_guests(
        (one for one in found.guests if not one.template),
        found.contents,
        found.not_in_backup,
        {one.name: one for one in found.areas},
    )
    tasks = [one for _, one in proxmox_history.tasks(kit.data(), found.cluster, limit=TASKS_READ)]
    return wrong.wrongs(found, backups, tasks, kit.now_ms())


def _card(cluster: Cluster) -> Card:
    data, now_ms = kit.data(), kit.now_ms()
    found = proxmox.estate(data, cluster.name)
    standing = proxmox.standing(data, cluster.name)
    wrongs = wrongs_of(found)
    return Card(
        cluster,
        standing,
        frame.sight(cluster, standing, now_ms),
        figures(found),
        wrongs[:SHOWN_WRONG],
        max(0, len(wrongs) - SHOWN_WRONG),
    )


def _sums(
    found: Iterable[Usage], part: Callable[[Usage], int | None], whole: Callable[[Usage], int | None]
) -> tuple[int, int]:
    known = [(used, most) for one in found if (used := part(one)) is not None and (most := whole(one))]
    return sum(used for used, _ in known), sum(most for _, most in known)
