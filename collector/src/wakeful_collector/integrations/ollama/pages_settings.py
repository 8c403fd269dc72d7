"""Forms that add a machine to the gateway, change it, and take it away; its pinned host keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, request, url_for

from wakeful_collector.integrations.ollama import pages_form, sealed, settings
from wakeful_collector.integrations.ollama.pages_frame import ADMIN, blueprint, found_machine, lacking, machine_page
from wakeful_collector.integrations.ollama.settings import FIELDS
from wakeful_collector.read import gateway, hosts
from wakeful_collector.settings_fields import SettingsUnfit, changed, values_of
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.settings_fields import Problem


@kit.page(blueprint, "/_/add", scope=ADMIN)
def machine_new() -> kit.Answer:
    """Show the form that adds a machine."""
    begins = settings.Machine(name="", url="", default=not gateway.machines(kit.data()))
    return _new_page(values_of(FIELDS, begins))


@kit.page(blueprint, "/_/add", methods=("POST",), scope=ADMIN)
def machine_add() -> kit.Answer:
    """Add a machine."""
    given = kit.form_given(FIELDS, request.form)
    try:
        made = settings.check(given)
        begins = settings.Machine(name="", url="")
        kit.run("gateway.machine.add", changed(FIELDS, begins, made) | pages_form.given_secrets(request.form))
    except SettingsUnfit as error:
        return _new_page(given, error.problems)
    except kit.OperationError as error:
        return _new_page(given, error=error.message)
    return redirect(url_for("ollama.machine", name=made.name), 303)


@kit.page(blueprint, "/<name>/settings", scope=ADMIN)
def machine_settings(name: str) -> kit.Answer:
    """Show the settings of a machine to be changed."""
    found = found_machine(name)
    return _edit_page(found, values_of(FIELDS, found))


@kit.page(blueprint, "/<name>/settings", methods=("POST",), scope=ADMIN)
def machine_change(name: str) -> kit.Answer:
    """Change a machine; secrets that were left empty stay."""
    found = found_machine(name)
    given = {**kit.form_given(FIELDS, request.form), "name": found.name}
    try:
        wanted = settings.check(given)
        more = changed(FIELDS, found, wanted) | pages_form.given_secrets(request.form)
        if more:
            kit.run("gateway.machine.change", {"name": found.name, **more})
    except SettingsUnfit as error:
        return _edit_page(found, given, error.problems)
    except kit.OperationError as error:
        return _edit_page(found, given, error=error.message)
    return redirect(url_for("ollama.machine", name=found.name), 303)


def _new_page(values: Mapping[str, Any], problems: Sequence[Problem] = (), error: str = "") -> kit.Answer:
    return kit.render(
        "ollama/machine-new.html",
        active="gateway",
        groups=pages_form.groups(values, hosts.hosts(kit.data()), problems=problems, adding=True),
        error=error or kit.form_summary(problems),
        **lacking(),
    )


def _edit_page(
    found: Machine, values: Mapping[str, Any], problems: Sequence[Problem] = (), error: str = ""
) -> kit.Answer:
    data = kit.data()
    return machine_page(
        "ollama/machine-settings.html",
        found,
        "settings",
        groups=pages_form.groups(values, hosts.hosts(data), sealed.set_names(data, found.name), problems),
        readable=sealed.is_readable(data, found.name),
        host_keys=gateway.host_keys(data, found.name),
        error=error or kit.form_summary(problems),
    )
