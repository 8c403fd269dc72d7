"""Forms that add a cluster, change it, and take it away; and the test that says in words what is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, request, url_for

from wakeful_collector.integrations.proxmox.link import clusters, privileges
from wakeful_collector.integrations.proxmox.link.clusters import FIELDS, Cluster
from wakeful_collector.integrations.proxmox.pages import form, frame
from wakeful_collector.integrations.proxmox.pages.frame import ADMIN, blueprint, cluster_page, found_cluster, lacking
from wakeful_collector.read import proxmox_clusters
from wakeful_collector.settings_fields import SettingsUnfit, changed, plain, values_of
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wakeful_collector.settings_fields import Problem

WANTS = {"look": "look", "act": "look and act", "declare": "look, act and bring to a declared state"}
MOODS = {"ok": ("ok", "check"), "partly": ("warn", "lock"), "warning": ("warn", "alert"), "failed": ("bad", "cross")}
_BLANK = Cluster(name="", hosts=(), login="")


@kit.page(blueprint, "/_/add", scope=ADMIN)
def cluster_new() -> kit.Answer:
    """Show the form that adds a cluster."""
    return _new_page(values_of(FIELDS, _BLANK))


@kit.page(blueprint, "/_/add", methods=("POST",), scope=ADMIN)
def cluster_add() -> kit.Answer:
    """Add a cluster, or try the settings without keeping them."""
    given = kit.form_given(FIELDS, request.form)
    if request.form.get("do") == "test":
        asked = _settings(given, _BLANK) | form.given_secret(request.form)
        return _tested(asked, lambda told: _new_page(given, trial=told))
    try:
        made = clusters.check(given)
        kit.run("proxmox.cluster.add", _settings(given, _BLANK) | form.given_secret(request.form))
    except SettingsUnfit as error:
        return _new_page(given, error.problems)
    except kit.OperationError as error:
        return _new_page(given, error=error.message)
    return redirect(url_for("proxmox.cluster", name=made.name), 303)


@kit.page(blueprint, "/<name>/settings", scope=ADMIN)
def settings(name: str) -> kit.Answer:
    """Show the settings of a cluster to be changed."""
    found = found_cluster(name)
    return _edit_page(found, values_of(FIELDS, found))


@kit.page(blueprint, "/<name>/settings", methods=("POST",), scope=ADMIN)
def cluster_change(name: str) -> kit.Answer:
    """Change a cluster, or try it; a secret that was left empty stays."""
    found = found_cluster(name)
    given = {**kit.form_given(FIELDS, request.form), "name": found.name}
    if request.form.get("do") == "test":
        asked = {"cluster": found.name} | _settings(given, found) | form.given_secret(request.form)
        return _tested(asked, lambda told: _edit_page(found, given, trial=told))
    try:
        wanted = clusters.check(given)
        more = changed(FIELDS, found, wanted) | form.given_secret(request.form)
        if more:
            kit.run("proxmox.cluster.change", {"name": found.name, **more})
    except SettingsUnfit as error:
        return _edit_page(found, given, error.problems)
    except kit.OperationError as error:
        return _edit_page(found, given, error=error.message)
    return redirect(url_for("proxmox.cluster", name=found.name), 303)


@kit.page(blueprint, "/_/token-lines", scope="read")
def token_lines() -> kit.Answer:
    """Answer the lines that make a token for what somebody wants."""
    wants = request.args.get("wants", "look")
    wants = wants if wants in WANTS else "look"
    return kit.render("proxmox/token-lines.html", lines=_lines(wants), wants=wants)


def _tested(asked: dict[str, Any], page: Any) -> kit.Answer:
    wants = request.form.get("wants", "look")
    asked |= {"wants": wants if wants in WANTS else "look"}
    try:
        told = kit.run("proxmox.test", asked)
    except kit.OperationError as error:
        told = {"ok": False, "checks": [], "hosts": [], "pveum": [], "error": error.message}
    if kit.is_part():
        return kit.render(
            "proxmox/trial.html", trial=told, moods=MOODS, cluster_name=asked.get("cluster", ""), **lacking()
        )
    answer: kit.Answer = page(told)
    return answer


def _settings(given: Mapping[str, Any], before: Cluster) -> dict[str, Any]:
    """Return settings as an operation takes them, without what is left as it was before."""
    usual = values_of(FIELDS, before)
    return {name: plain(value) for name, value in given.items() if plain(value) != plain(usual[name])}


def _new_page(
    values: Mapping[str, Any], problems: Sequence[Problem] = (), error: str = "", trial: dict[str, Any] | None = None
) -> kit.Answer:
    return kit.render(
        "proxmox/cluster-new.html",
        active=frame.NAME,
        groups=form.groups(values, problems, adding=True),
        error=error or kit.form_summary(problems),
        trial=trial,
        moods=MOODS,
        wants=WANTS,
        lines=_lines("look"),
        cluster_name="",
        **lacking(),
    )


def _edit_page(
    found: Cluster,
    values: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    error: str = "",
    trial: dict[str, Any] | None = None,
) -> kit.Answer:
    row = proxmox_clusters.cluster(kit.data(), found.name)
    return cluster_page(
        "proxmox/cluster-settings.html",
        found,
        "settings",
        groups=form.groups(values, problems, has_secret=bool(row and row.sealed)),
        error=error or kit.form_summary(problems),
        trial=trial,
        moods=MOODS,
        wants=WANTS,
        cluster_name=found.name,
    )


def _lines(wants: str) -> list[str]:
    return privileges.lines(privileges.LOGIN, wants, privileges.NINE)
