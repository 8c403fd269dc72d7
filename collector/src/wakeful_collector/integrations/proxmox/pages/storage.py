"""Storages of a cluster, and what one of them holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from wakeful_collector.integrations.proxmox.pages import rows
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.model import estate as shapes
from wakeful_collector.read import proxmox
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.model.estate import Area, Storage, Volume

SHOWN_MAX = 1_000
KINDS = {
    "images": "Disks of VMs",
    "rootdir": "Disks of containers",
    "backup": "Backups",
    "iso": "ISO images",
    "vztmpl": "Templates of containers",
    "snippets": "Snippets",
    "import": "Images to import",
}


@kit.page(blueprint, "/<name>/storage")
def storage(name: str) -> kit.Answer:
    """Show the storages of a cluster, or their rows alone when the page's script asks."""
    found = found_cluster(name)
    data = kit.data()
    listed = rows.storages(proxmox.storages(data, found.name), proxmox.usage(data, found.name)[1])
    if kit.is_part():
        return kit.render("proxmox/overview-storages.html", cluster=found, storages=listed, **lacking())
    return cluster_page("proxmox/storage.html", found, "storage", storages=listed)


@kit.page(blueprint, "/<name>/storage/<node>/<storage>")
def contents(name: str, node: str, storage: str) -> kit.Answer:
    """Show what a storage holds, of one kind or all."""
    found = found_cluster(name)
    data = kit.data()
    here = [one for one in proxmox.storages(data, found.name) if one.name == storage]
    shown = next((one for one in here if one.node == node), None)
    if shown is None:
        kit.abort(404, "unknown_storage", "There is no such storage on that node, or the token may not see it.")
    volumes = proxmox.contents(data, found.name, node, storage)
    kind = request.args.get("kind", "")
    counts = {one: sum(volume.content == one for volume in volumes) for one in {volume.content for volume in volumes}}
    kept = sorted((one for one in volumes if kind in {"", one.content}), key=_place)
    listed = rows.storages(here if shown.shared else [shown], proxmox.usage(data, found.name)[1])
    return cluster_page(
        "proxmox/contents.html",
        found,
        "storage",
        storage=shown,
        row=listed[0],
        volumes=kept[:SHOWN_MAX],
        count=len(kept),
        total_bytes=sum(one.size_bytes for one in kept),
        kinds={
            one: KINDS.get(one, one)
            for one in sorted(counts, key=lambda one: list(KINDS).index(one) if one in KINDS else 99)
        },
        counts=counts,
        kind=kind if kind in counts else "",
        area=area_of(proxmox.areas(data, found.name), shown),
        guests={one.vmid: one for one in proxmox.guests(data, found.name)},
    )


def area_of(areas: Iterable[Area], storage: Storage) -> Area:
    """Return how the contents of a storage were seen; a shared one is looked at by one node for all."""
    name = f"content/{storage.name}" if storage.shared else f"content/{storage.node}/{storage.name}"
    found = next((one for one in areas if one.name == name), None)
    return found or shapes.Area(name, shapes.STALE, "it was not looked at yet")


def _place(volume: Volume) -> tuple[object, ...]:
    order = list(KINDS)
    kind = order.index(volume.content) if volume.content in KINDS else len(order)
    return kind, volume.vmid or 0, -volume.at_ms, volume.volid
