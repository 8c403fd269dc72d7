"""Deeds asked for on pages: what is typed before, the note that follows one to its end, and its own page."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.pages import deed_forms, words
from wakeful_collector.integrations.proxmox.pages.frame import OPERATE, blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.read import proxmox, proxmox_deeds
from wakeful_collector.web import kit

CHANGED = {"HX-Trigger": "wakeful:changed"}
OFFERED = (
    *("start", "shutdown", "stop", "reboot", "suspend", "resume", "snapshot", "rollback", "snapshot_delete"),
    *("backup", "migrate", "clone", "resize", "restore", "delete"),
)


def title(kind: str) -> str:
    """Return what a kind of deed is called."""
    known = KINDS.get(kind)
    return kind.replace("_", " ").capitalize() if known is None else known.title


blueprint.add_app_template_global(title, "deed_title")
blueprint.add_app_template_global(words.deed, "deed_word")


def typed(given: dict[str, Any]) -> str:
    """Return what is typed before a guest is destroyed, or taken back: its name; nothing for a dry run."""
    if given.get("dry_run"):
        return ""
    vmid = given.get("vmid")
    found = proxmox.guest(kit.data(), str(given.get("cluster", "")), vmid) if isinstance(vmid, int) else None
    return deed_forms.typed(found, vmid)


def note(answer: dict[str, Any]) -> Response:
    """Show what was asked for and follow it; of a dry run, what would be sent."""
    deed = answer.get("deed")
    if isinstance(deed, dict):
        return _note(str(deed.get("id", "")))
    return kit.render("proxmox/asked-dry.html", requests=answer.get("requests", []), said=answer.get("notes", []))


@kit.page(blueprint, "/_/deeds/<deed_id>")
def asked_deed(deed_id: str) -> kit.Answer:
    """Answer how a deed stands; nothing while that is what the page shows already."""
    found = proxmox_deeds.deed(kit.data(), deed_id)
    if found is not None and str(found.revision) == request.args.get("seen"):
        return Response(status=204)
    answer = _note(deed_id)
    if found is None or not found.is_open:
        answer.headers.update(CHANGED)
    return answer


@kit.page(blueprint, "/<name>/deeds/<deed_id>")
def deed(name: str, deed_id: str) -> kit.Answer:
    """Show a deed: who asked for it, what was sent, its log, how it ended."""
    cluster = found_cluster(name)
    found = proxmox_deeds.deed(kit.data(), deed_id)
    if found is None or found.cluster != cluster.name:
        kit.abort(404, "unknown_deed", "There is no such deed in this cluster. Old ones are forgotten.")
    context: dict[str, Any] = {
        "deed": found,
        "word": words.deed(found.state),
        "guest": proxmox.guest(kit.data(), cluster.name, found.vmid) if found.vmid else None,
        "address": url_for("proxmox.deed", name=cluster.name, deed_id=deed_id),
    }
    if kit.is_part():
        return kit.render("proxmox/deed-log.html", cluster=cluster, **context, **lacking())
    return cluster_page("proxmox/deed.html", cluster, "tasks", **context)


def offers() -> tuple[kit.Offer, ...]:
    """Return the deeds that have buttons, and what stops one."""
    acts = tuple(kit.Offer(f"{deed_forms.OPERATION}{kind}", "", typed=typed, note=note) for kind in OFFERED)
    stop = kit.Offer("proxmox.deed.stop", "It was asked to end; Proxmox may take a moment.")
    return (*acts, stop)


def _note(deed_id: str) -> Response:
    found = proxmox_deeds.deed(kit.data(), deed_id)
    return kit.render(
        "proxmox/asked-deed.html",
        deed=found,
        word=None if found is None else words.deed(found.state),
        can_stop=not kit.lacks(kit.principal(), OPERATE),
    )
