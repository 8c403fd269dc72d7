"""The declared state of a cluster: what is kept, what differs, the plan with its approval, and what was applied."""

from __future__ import annotations

from typing import Any

from wakeful_collector.integrations.proxmox.pages import words
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.web import kit

APPLIES_SHOWN = 20
FLAGS = (
    ("reboot", "allow_reboot", "Guests may be rebooted"),
    ("stop", "allow_stop", "Guests may be stopped"),
    ("destroys", "allow_destroy", "Guests, disks and snapshots may be destroyed"),
)
"""What must be allowed by name, with the effect of steps that need it."""


@kit.page(blueprint, "/<name>/plan")
def plan(name: str) -> kit.Answer:
    """Show what differs from the declared state, step by step, with the button that approves it."""
    found = found_cluster(name)
    told, error = _asked("proxmox.drift", {"cluster": found.name})
    kept, _ = _asked("proxmox.wishes", {})
    applies, _ = _asked("proxmox.applies", {"limit": APPLIES_SHOWN})
    made = told.get("plan") or {}
    counts = made.get("counts", {})
    context: dict[str, Any] = {
        "told": told,
        "plan": made,
        "faults": told.get("errors", []),
        "flags": [flag for flag in FLAGS if counts.get(flag[0])],
        "kept": kept,
        "applies": [one for one in applies.get("applies", []) if _concerns(one, found.name)],
        "refused": error,
        "effect_word": words.effect,
        "step_word": words.deed,
    }
    return cluster_page("proxmox/plan.html", found, "plan", **context)


@kit.page(blueprint, "/<name>/applies/<apply_id>")
def applied(name: str, apply_id: str) -> kit.Answer:
    """Show one apply, step by step, live while it runs."""
    found = found_cluster(name)
    told, error = _asked("proxmox.applies", {"id": apply_id})
    listed = told.get("applies", [])
    if not listed:
        kit.abort(404, "unknown_apply", error or "There is no such apply. Old ones are forgotten.")
    context: dict[str, Any] = {"one": listed[0], "step_word": words.deed, "effect_word": words.effect}
    if kit.is_part():
        return kit.render("proxmox/apply-steps.html", cluster=found, **context, **lacking())
    return cluster_page("proxmox/apply.html", found, "plan", **context)


@kit.page(blueprint, "/_/applies/<apply_id>")
def asked_apply(apply_id: str) -> kit.Answer:
    """Answer how an apply stands, for the note that follows it."""
    told, _ = _asked("proxmox.applies", {"id": apply_id})
    listed = told.get("applies", [])
    one = listed[0] if listed else None
    answer = kit.render("proxmox/asked-apply.html", one=one, step_word=words.deed, cluster_name=_cluster(one))
    if one is None or one["state"] not in {"asked", "running"}:
        answer.headers["HX-Trigger"] = "wakeful:changed"
    return answer


def note(answer: dict[str, Any]) -> kit.Answer:
    """Show what came of an approval: an apply to be followed, or of a dry run what would be sent."""
    made = answer.get("apply")
    if isinstance(made, dict):
        return kit.render("proxmox/asked-apply.html", one=made, step_word=words.deed, cluster_name=_cluster(made))
    return kit.render("proxmox/asked-dry.html", requests=answer.get("requests", []), said=answer.get("notes", []))


def typed(given: dict[str, Any]) -> str:
    """Return what is typed before a plan is applied: the beginning of its digest where it destroys, else nothing."""
    return str(given.get("digest", ""))[:8] if given.get("allow_destroy") and not given.get("dry_run") else ""


def offer() -> kit.Offer:
    """Return the button that approves a plan."""
    return kit.Offer("proxmox.apply", "", typed=typed, note=note)  # type: ignore[arg-type]  # what render returns is a Response


def _asked(operation: str, given: dict[str, Any]) -> tuple[dict[str, Any], str]:
    try:
        return kit.run(operation, given), ""
    except kit.OperationError as error:
        return {}, error.message


def _concerns(one: dict[str, Any], cluster: str) -> bool:
    clusters = {step.get("cluster") for step in one.get("steps", [])}
    return not clusters or cluster in clusters


def _cluster(one: dict[str, Any] | None) -> str:
    steps = (one or {}).get("steps", [])
    return str(steps[0]["cluster"]) if steps else ""
