"""One host: its charts, its inventories, what it is and may measure, and its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import redirect, request, url_for

from wakeful_collector.model.host import HostStatus
from wakeful_collector.read import events, fleet, forecast, hosts, inventories, latest, proxmox_hosts
from wakeful_collector.web import (
    kit,
    pages_away,
    pages_capabilities,
    pages_events,
    pages_facts,
    pages_moods,
    pages_panels,
    pages_table,
)
from wakeful_collector.web.pages_frame import blueprint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.model.host import Host
    from wakeful_collector.model.sample import LatestSample
    from wakeful_collector.read.inventories import InventorySummary

SPANS = {
    "5m": 300,
    "15m": 900,
    "1h": 3_600,
    "6h": 21_600,
    "24h": 86_400,
    "7d": 604_800,
    "30d": 2_592_000,
    "90d": 7_776_000,
    "1y": 31_536_000,
}
YOUNG_MS = 900_000
EVENTS_A_PAGE = 100
OWN_PLACE = ("processes", "ports")
COUNTED_BYTES_MAX = 512 * 1024
METERS = {
    "container_engines": "containers",
    "disks": "smart",
    "gpus": "gpu",
    "log_messages": "logs",
    "units": "systemd",
    "system": "uptime",
    "filesystems": "filesystem",
}
"""Which meter sends an inventory, where it is not called like it."""

LABELS = {
    "containers": {"name": "container"},
    "disks": {"device": "device"},
    "raid": {"array": "array"},
    "zfs_pools": {"pool": "pool"},
    "gpus": {"gpu": "gpu"},
    "units": {"unit": "unit"},
    "proxmox_guests": {"name": "name"},
    "network": {"name": "device"},
    "filesystems": {"mountpoint": "mountpoint"},
}
"""Which column of an inventory names its things by which label of their metrics."""


@dataclass(frozen=True, slots=True)
class Filesystem:
    """A mounted filesystem now; sizes in bytes, `full_seconds` until it is full at the pace of the last day."""

    mountpoint: str
    device: str
    type: str
    size: float
    used: float
    share: float
    inodes: float | None
    full_seconds: float | None


@kit.page(blueprint, "/hosts/<host_id>")
def host(host_id: str) -> kit.Answer:
    """Show a host's charts."""
    found = found_host(host_id)
    samples = latest.latest(kit.data(), found.key)
    outcomes = {one.meter: one for one in hosts.meters(kit.data(), found.key)}
    known = {sample.name: sample.value for sample in samples}
    sections, absent = pages_panels.sections(outcomes, known, kit.now_ms() - found.enrolled_ms < YOUNG_MS)
    return host_page(
        "host.html",
        found,
        "charts",
        sections=sections + pages_panels.families(outcomes, samples),
        absent=absent,
        notes=pages_panels.notes(outcomes),
        spans=SPANS,
        span=opening_span(found, kit.now_ms()),
        filesystems=_filesystems(found, samples),
    )


@kit.page(blueprint, "/hosts/<host_id>/filesystems")
def host_filesystems(host_id: str) -> kit.Answer:
    """Answer the table of filesystems alone, for the page's refresh."""
    found = found_host(host_id)
    return kit.render("filesystems.html", filesystems=_filesystems(found, latest.latest(kit.data(), found.key)))


@kit.page(blueprint, "/hosts/<host_id>/inventories/<name>")
def host_inventory(host_id: str, name: str) -> kit.Answer:
    """Show an inventory as a table."""
    found = found_host(host_id)
    held = inventories.body(kit.data(), found.key, name)
    if held is None and name not in OWN_PLACE:
        kit.abort(404, "not_found", "This host sent no such inventory.")
    sender = METERS.get(name, name)
    outcomes = {one.meter: one for one in hosts.meters(kit.data(), found.key)}
    outcome = outcomes.get(sender) or outcomes.get(sender.split("_")[0])
    wish = pages_table.TableWish(
        query=request.args.get("q", "")[:200],
        sort=request.args.get("sort", "cpu" if name == "processes" else "")[:64],
        descending=request.args.get("order", "down" if name == "processes" else "") == "down",
        page=kit.number("page", 1, 1, 100_000),
    )
    table = None if held is None else pages_table.table(held.document, wish)
    return host_page(
        "inventory-rows.html" if kit.is_part() else "inventory.html",
        found,
        name if name in OWN_PLACE else "inventories",
        name=name,
        held=held,
        table=table,
        wish=wish,
        title=pages_table.title(name),
        shown=pages_table.shown,
        parts=pages_table.parts,
        facts=[] if table is None else pages_table.facts(table),
        mood=pages_moods.cell_mood,
        is_long=pages_table.is_long,
        label=LABELS.get(name, {}),
        reason=pages_panels.reason(outcome),
    )


@kit.page(blueprint, "/hosts/<host_id>/inventories")
def host_inventories(host_id: str) -> kit.Answer:
    """List a host's inventories."""
    found = found_host(host_id)
    listed = [
        (one, pages_table.title(one.name), _troubles(found, one)) for one in inventories.names(kit.data(), found.key)
    ]
    listed.sort(key=lambda row: (not row[2][1], row[1]))
    return host_page("inventories.html", found, "inventories", inventories=listed)


@kit.page(blueprint, "/hosts/<host_id>/system")
def host_system(host_id: str) -> kit.Answer:
    """Show what a machine is, what may be measured there and how its meters fare."""
    found = found_host(host_id)
    system = inventories.body(kit.data(), found.key, "system")
    document = system.document if system is not None and isinstance(system.document, dict) else {}
    meters = hosts.meters(kit.data(), found.key)
    return host_page(
        "system.html",
        found,
        "system",
        facts=pages_facts.facts(found, document),
        permissions=pages_capabilities.sort_out(found.hello.get("capabilities"), {one.meter: one for one in meters}),
        meters=sorted(meters, key=lambda one: (pages_panels.MOOD_ORDER.get(one.outcome, 9), one.meter)),
        words=pages_panels.WORDS,
        moods=pages_panels.MOODS,
    )


@kit.page(blueprint, "/hosts/<host_id>/events")
def host_events(host_id: str) -> kit.Answer:
    """Show what happened on one host."""
    found = found_host(host_id)
    kind = pages_events.wanted_kind()
    try:
        page = events.events(kit.data(), found.key, request.args.get("before"), EVENTS_A_PAGE, kind or None)
    except ValueError:
        kit.abort(400, "invalid_cursor", "The page you asked for is not one of this list.")
    context = {"kind": kind, "kinds": pages_events.kinds(kind), "said": pages_events.said}
    return host_page("host-events.html", found, "events", events=page.events, next=page.next, **context)


@kit.page(blueprint, "/hosts/<host_id>/manage", methods=("POST",), scope="operate")
def host_manage(host_id: str) -> kit.Answer:
    """Rename, tag or forget a host."""
    found = found_host(host_id)
    if request.form.get("do") == "forget":
        kit.run("host.forget", {"host": found.id})
        return redirect(url_for("pages.fleet"), 303)
    name = request.form.get("name", "").strip()
    if name != found.name:
        kit.run("host.rename", {"host": found.id, "name": name})
    tags = sorted(set(request.form.get("tags", "").replace(",", " ").split()))
    if tags != sorted(found.tags):
        kit.run("host.tag", {"host": found.id, "tags": tags})
    return redirect(url_for("pages.host_system", host_id=found.id, saved=1), 303)


def found_host(host_id: str) -> Host:
    """Return the host of that id; aborts with 404 where there is none."""
    found = hosts.host(kit.data(), host_id)
    if found is None:
        kit.abort(404, "unknown_host", "There is no such host. It may have been forgotten.")
    return found


def host_page(template: str, found: Host, tab: str, **context: Any) -> kit.Answer:
    """Render one of a host's pages inside the frame they share."""
    row = fleet.one(kit.data(), found, kit.now_ms())
    status = row.status
    others = {one.id: one for one in hosts.hosts(kit.data())} if found.twins or found.twin_of else {}
    twins = [others[one] for one in (*found.twins, found.twin_of) if one in others]
    silent = status is HostStatus.SILENT
    context["guest"] = _guest(found)
    context["away"] = pages_away.away(found, silent, kit.now_ms())
    context["summary"] = pages_facts.summary(found, row.cores, row.memory_bytes, None if silent else row.uptime_seconds)
    context["issues"] = fleet.needs(row)
    return kit.render(
        template, active="fleet", host=found, state=status.value, tab=tab, twins=twins, silent=silent, **context
    )


def _guest(found: Host) -> tuple[str, str, str] | None:
    """Return the address of the guest or node of Proxmox that a host is, what it is called, and in which cluster."""
    join = proxmox_hosts.guest_of_host(kit.data(), found.id)
    if join is None:
        return None
    kind, _, name = join.id.partition("/")
    what = {"qemu": f"VM {name}", "lxc": f"container {name}"}.get(kind, f"node {name}")
    place = "nodes" if kind == "node" else "guests"
    return f"/integrations/proxmox/{join.cluster}/{place}/{name}", what, join.cluster


def opening_span(found: Host, now_ms: int) -> str:
    """Return the span a host opens with: short for a new one, and for a silent one far enough back."""
    if now_ms - found.enrolled_ms < YOUNG_MS:
        return "5m"
    quiet_seconds = 0 if found.last_seen_ms is None else (now_ms - found.last_seen_ms) / 1000
    return next((name for name, seconds in SPANS.items() if seconds >= max(3_600, quiet_seconds * 1.5)), "1y")


def _troubles(found: Host, one: InventorySummary) -> tuple[int | None, list[tuple[str, str]]]:
    """Return how many things an inventory lists and what of them is in trouble; None for one too large to look into."""
    held = inventories.body(kit.data(), found.key, one.name) if one.size_bytes <= COUNTED_BYTES_MAX else None
    return (None, []) if held is None else pages_table.troubles(held.document)


def _filesystems(found: Host, samples: Iterable[LatestSample]) -> list[Filesystem]:
    """Return the filesystems, fullest first."""
    full = forecast.time_to_full(kit.data(), found.key, kit.now_ms())
    held: dict[tuple[str, str, str], dict[str, float]] = {}
    for sample in samples:
        if sample.name.startswith("system.filesystem."):
            labels = sample.labels
            key = (labels.get("mountpoint", ""), labels.get("device", ""), labels.get("type", ""))
            figure = sample.name.removeprefix("system.filesystem.") + "." + labels.get("state", "")
            held.setdefault(key, {})[figure.rstrip(".")] = sample.value
    rows = [
        Filesystem(
            *key,
            size=figures.get("limit", 0.0),
            used=figures.get("usage.used", 0.0),
            share=figures.get("utilization", 0.0),
            inodes=_share(figures.get("inodes.usage.used"), figures.get("inodes.limit")),
            full_seconds=full.get(key[0]),
        )
        for key, figures in held.items()
    ]
    return sorted(rows, key=lambda row: -row.share)


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
