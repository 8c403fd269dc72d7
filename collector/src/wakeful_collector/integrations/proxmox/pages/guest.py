"""The pages of one guest: as it is now with charts and deeds, its configuration, snapshots, history and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.pages import charts, config_rows, deed_forms, frame, rows, task_lines, words
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.read import proxmox, proxmox_backups, proxmox_deeds, proxmox_history, proxmox_hosts
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.integrations.proxmox.pages.rows import GuestRow
    from wakeful_collector.model.estate import Guest

CHANGES_A_PAGE = 100
TASKS_SHOWN = 50
DEEDS_SHOWN = 30
BACKUPS_SHOWN = 100


def found_guest(cluster: Cluster, vmid: int) -> Guest:
    """Return the guest of that number, gone or not; answer 404 when there never was one."""
    found = proxmox.guest(kit.data(), cluster.name, vmid)
    if found is None:
        kit.abort(
            404, "unknown_guest", "There is no guest of that number in this cluster, or the token may not see it."
        )
    return found


@kit.page(blueprint, "/<name>/guests/<int:vmid>")
def guest(name: str, vmid: int) -> kit.Answer:
    """Show a guest as it is now, or the part of it that the page's script asks for again."""
    cluster = found_cluster(name)
    found = found_guest(cluster, vmid)
    if kit.is_part() and request.args.get("part") == "now":
        return kit.render("proxmox/guest-now.html", cluster=cluster, **_now(cluster, found), **lacking())
    return _page("proxmox/guest.html", cluster, found, "now", **charts.context(cluster, found.id, f"guests/{vmid}"))


@kit.page(blueprint, "/<name>/guests/<int:vmid>/config")
def guest_config(name: str, vmid: int) -> kit.Answer:
    """Show how a guest is set up, with what is pending."""
    cluster = found_cluster(name)
    found = found_guest(cluster, vmid)
    return _page("proxmox/guest-config.html", cluster, found, "config", groups=config_rows.groups(found))


@kit.page(blueprint, "/<name>/guests/<int:vmid>/snapshots")
def guest_snapshots(name: str, vmid: int) -> kit.Answer:
    """Show a guest's snapshots and backups, with what can be done with them."""
    cluster = found_cluster(name)
    found = found_guest(cluster, vmid)
    held = [one for one in proxmox.contents(kit.data(), cluster.name) if one.vmid == vmid and one.content == "backup"]
    return _page(
        "proxmox/guest-snapshots.html",
        cluster,
        found,
        "snapshots",
        snapshots=sorted(found.snapshots, key=lambda one: -one.at_ms),
        backups=sorted(held, key=lambda one: -one.at_ms)[:BACKUPS_SHOWN],
        snapshot_why={
            kind: deed_forms.why_not(KINDS[kind], found, cluster.protected, lacking())
            for kind in ("rollback", "snapshot_delete", "restore")
        },
        more_backups=max(0, len(held) - BACKUPS_SHOWN),
        is_known=any(one.is_known for one in proxmox_backups.backups(kit.data(), cluster.name)),
    )


@kit.page(blueprint, "/<name>/guests/<int:vmid>/history")
def guest_history(name: str, vmid: int) -> kit.Answer:
    """Show what changed of a guest, newest first."""
    cluster = found_cluster(name)
    found = found_guest(cluster, vmid)
    before = kit.number("before", 0, 0, 1 << 53) or None
    page = proxmox_history.changes(kit.data(), cluster.name, subject=found.id, before=before, limit=CHANGES_A_PAGE)
    return _page(
        "proxmox/guest-history.html", cluster, found, "history", changes=page.changes, older=page.next, first=not before
    )


@kit.page(blueprint, "/<name>/guests/<int:vmid>/tasks")
def guest_tasks(name: str, vmid: int) -> kit.Answer:
    """Show what was done to a guest: by Wakeful, and by anybody as Proxmox tells."""
    cluster = found_cluster(name)
    found = found_guest(cluster, vmid)
    data = kit.data()
    tasks = proxmox_history.tasks(data, cluster.name, vmid=vmid, limit=TASKS_SHOWN)
    return _page(
        "proxmox/guest-tasks.html",
        cluster,
        found,
        "tasks",
        tasks=task_lines.lines(data, cluster.name, tasks),
        deeds=proxmox_deeds.deeds(data, DEEDS_SHOWN, cluster.name, vmid).deeds,
    )


def _page(template: str, cluster: Cluster, found: Guest, guest_tab: str, **context: Any) -> kit.Answer:
    return cluster_page(template, cluster, "guests", guest_tab=guest_tab, **{**_now(cluster, found), **context})


def _now(cluster: Cluster, found: Guest) -> dict[str, Any]:
    data, now_ms = kit.data(), kit.now_ms()
    _, usage = proxmox.usage(data, cluster.name)
    memories = proxmox_hosts.memories(data, cluster.name, [found], usage, now_ms)
    (row,) = rows.guests([found], {} if found.gone_ms else usage, memories)
    open_deeds = [one for one in proxmox_deeds.open_ones(data) if (one.cluster, one.vmid) == (cluster.name, found.vmid)]
    return {
        "guest": found,
        "row": row,
        "join": proxmox_hosts.joins(data, cluster.name).get(found.id),
        "facts": facts(row),
        "open_deeds": open_deeds,
        "buttons": deed_forms.buttons(found, cluster.protected, frame.lacking()),
        "forms": deed_forms.forms(
            found,
            cluster.protected,
            frame.lacking(),
            proxmox.nodes(data, cluster.name),
            proxmox.storages(data, cluster.name),
        ),
    }


def facts(row: GuestRow) -> list[tuple[str, str]]:
    """Return what is known of a guest beside its figures, as pairs of words."""
    guest = row.guest
    found = [
        ("Number", f"{words.kind(guest.kind)} {guest.vmid}"),
        ("Pool", guest.pool),
        ("System", words.system(guest.config.get("ostype", ""))),
        ("Addresses", ", ".join(guest.addresses)),
        ("High availability", guest.ha_state),
        ("Protection", "on: Proxmox refuses to delete it" if guest.is_protected else ""),
        ("Starts with its node", "yes" if guest.wanted.get("onboot") == "1" else "no"),
    ]
    return [(name, value) for name, value in found if value]
