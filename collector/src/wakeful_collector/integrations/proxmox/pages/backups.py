"""Backups of a cluster: each guest with the age of its newest, those without any first; and the jobs that make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.pages import wrong
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster
from wakeful_collector.model import estate as shapes
from wakeful_collector.read import proxmox, proxmox_backups
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.model.estate import Item
    from wakeful_collector.read.proxmox_backups import Backups

SHOWN_MAX = 1_000


class Line(NamedTuple):
    """The backups of a guest, with the mood and the word of their age."""

    one: Backups
    mood: str
    word: str


class Job(NamedTuple):
    """A backup job in words."""

    id: str
    enabled: bool
    schedule: str
    storage: str
    guests: str
    mode: str
    keeps: str
    next: str


@kit.page(blueprint, "/<name>/backups")
def backups(name: str) -> kit.Answer:
    """Show how old the newest backup of each guest is."""
    found = found_cluster(name)
    data = kit.data()
    estate = proxmox.estate(data, found.name)
    areas = {one.name: one for one in estate.areas}
    templates = {one.vmid for one in estate.guests if one.template}
    listed = proxmox_backups.of_guests(
        (one for one in estate.guests if not one.template), estate.contents, estate.not_in_backup, areas
    )
    lines = [line(one, kit.now_ms()) for one in listed if one.vmid not in templates]
    lines.sort(key=lambda one: (one.one.is_gone, one.one.newest_ms, one.one.vmid))
    looked = [one for one in estate.areas if one.name.startswith("content/")]
    return cluster_page(
        "proxmox/backups.html",
        found,
        "backups",
        lines=[one for one in lines if not one.one.is_gone][:SHOWN_MAX],
        orphans=[one for one in lines if one.one.is_gone][:SHOWN_MAX],
        jobs=jobs(estate.backup_jobs),
        jobs_area=areas.get("backup jobs"),
        unseen=[one for one in looked if one.state != shapes.SEEN],
        never=sum(one.one.is_never and not one.one.is_gone for one in lines),
        old=sum(one.mood == "warn" and bool(one.one.newest_ms) and not one.one.is_gone for one in lines),
        total_bytes=sum(one.one.total_bytes for one in lines),
        all_looked=bool(looked),
    )


def line(one: Backups, now_ms: int) -> Line:
    """Return the backups of a guest with a word for their age."""
    if one.is_never:
        return Line(one, "bad", "never")
    if not one.newest_ms:
        return Line(one, "none", "not known")
    old = one.newest_ms < now_ms - wrong.OLD_BACKUP_DAYS * wrong.DAY_MS
    return Line(one, "warn" if old else "ok", "")


def jobs(items: Iterable[Item]) -> list[Job]:
    """Return the backup jobs in words, those that are on first."""
    found = [_job(one) for one in items]
    return sorted(found, key=lambda one: (not one.enabled, one.id))


def _job(item: Item) -> Job:
    config = item.config
    if config.get("all") == "1":
        left_out = config.get("exclude", "").replace(",", ", ")
        guests = f"all but {left_out}" if left_out else "all"
    elif config.get("pool"):
        guests = f"pool {config['pool']}"
    else:
        guests = config.get("vmid", "").replace(",", ", ")
    return Job(
        item.id,
        config.get("enabled", "1") != "0",
        config.get("schedule") or config.get("starttime", ""),
        config.get("storage", ""),
        guests,
        config.get("mode", ""),
        config.get("prune-backups", "").replace("keep-", "").replace(",", ", ").replace("=", " "),
        config.get("next-run", ""),
    )
