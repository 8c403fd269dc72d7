"""Tasks of a cluster: those that run, then the newest; and one task with its log, live while it runs."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from wakeful_collector.integrations.proxmox.acting import upids
from wakeful_collector.integrations.proxmox.pages import task_lines, words
from wakeful_collector.integrations.proxmox.pages.frame import blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.integrations.proxmox.sync.asking import LOG_LINES_MAX
from wakeful_collector.read import proxmox, proxmox_history
from wakeful_collector.web import kit

A_PAGE = 60
READ_MAX = 500
STATES = ("running", "failed")


@kit.page(blueprint, "/<name>/tasks")
def tasks(name: str) -> kit.Answer:
    """Show the tasks of a cluster, or their rows alone when the page's script asks."""
    found = found_cluster(name)
    data = kit.data()
    state = request.args.get("state", "")
    node = request.args.get("node", "")[:64]
    before_ms = kit.number("before", 0, 0, 1 << 33) * 1000 or None
    read = READ_MAX if state in STATES else A_PAGE
    page = proxmox_history.tasks(data, found.name, node=node or None, before_ms=before_ms, limit=read)
    kept = [pair for pair in page if _fits(state, pair[1].is_running, pair[1].is_failed)][:A_PAGE]
    ended = [task for _, task in page if not task.is_running]
    older = ended[-1].started_ms // 1000 if len(page) == read and ended and state not in STATES else None
    context: dict[str, Any] = {
        "tasks": task_lines.lines(data, found.name, kept),
        "state": state if state in STATES else "",
        "node": node,
        "older": older,
        "is_first": before_ms is None,
    }
    if kit.is_part():
        return kit.render("proxmox/tasks-rows.html", cluster=found, **context, **lacking())
    nodes = [one.name for one in proxmox.nodes(data, found.name)]
    return cluster_page("proxmox/tasks.html", found, "tasks", nodes=nodes, **context)


@kit.page(blueprint, "/<name>/tasks/<upid>")
def task(name: str, upid: str) -> kit.Answer:
    """Show a task with its log, as Proxmox tells it now."""
    found = found_cluster(name)
    parsed = upids.parsed(upid)
    known = proxmox_history.task(kit.data(), found.name, upid)
    if parsed is None:
        kit.abort(404, "unknown_task", "That is not the name of a task.")
    told: dict[str, Any] = {}
    error = ""
    try:
        told = kit.run("proxmox.task_log", {"cluster": found.name, "upid": upid, "limit": LOG_LINES_MAX})
    except kit.OperationError as refused:
        error = refused.message
    runs = bool(told.get("running"))
    status = "" if runs else str(told.get("status") or (known.status if known is not None else ""))
    context: dict[str, Any] = {
        "upid": parsed,
        "task": known,
        "log": told.get("lines", []),
        "log_error": error,
        "word": words.ended(status) if runs or status else words.Word("none", "nobody knows how it ended", "new"),
        "runs": runs,
        "guest": _guest(found.name, parsed.subject),
        "address": url_for("proxmox.task", name=found.name, upid=upid),
    }
    if kit.is_part():
        return kit.render("proxmox/task-log.html", cluster=found, **context, **lacking())
    return cluster_page("proxmox/task.html", found, "tasks", **context)


def _fits(state: str, runs: bool, failed: bool) -> bool:
    return runs if state == "running" else failed if state == "failed" else True


def _guest(cluster: str, subject: str) -> Any:
    is_number = subject.isascii() and subject.isdigit() and len(subject) < 10
    return proxmox.guest(kit.data(), cluster, int(subject)) if is_number else None
