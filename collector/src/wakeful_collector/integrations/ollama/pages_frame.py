"""What every page of the gateway shares: the blueprint, the machine that is meant, and what its frame says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from wakeful_collector.integrations.ollama import pages_words, settings
from wakeful_collector.read import hosts
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from wakeful_collector.integrations.ollama.settings import Machine

NAME = "ollama"
blueprint = Blueprint(
    NAME,
    __name__,
    url_prefix="/integrations/ollama",
    template_folder="templates",
    static_folder="static",
    static_url_path="/_/static",
)
"""`_` is no name of a machine: what is no machine stands below it."""

SCOPE, ADMIN = "gateway", "admin"
WAKES = {
    "packet": "woken by a magic packet",
    "action": "woken by the action {0.wake_action}",
    "never": "not woken by Wakeful",
}
SLEEPS = {
    "ssh": "put to sleep over SSH ({0.sleep_command})",
    "action": "put to sleep by the action {0.sleep_action}",
    "never": "never put to sleep",
}
blueprint.add_app_template_filter(pages_words.who, "who")


def found_machine(name: str) -> Machine:
    """Return the machine that the address names; answer 404 when there is none."""
    found = settings.machine(kit.data(), name)
    if found is None:
        kit.abort(404, "unknown_machine", "There is no such machine behind the gateway. It may have been removed.")
    return found


def machine_page(template: str, machine: Machine, tab: str, **context: Any) -> kit.Answer:
    """Return a page of one machine, with what its frame says."""
    return kit.render(
        template,
        active="gateway",
        machine=machine,
        tab=tab,
        host=hosts.host(kit.data(), machine.host) if machine.host else None,
        wakes_by=WAKES.get(machine.wake, machine.wake).format(machine),
        sleeps_by=SLEEPS.get(machine.sleep, machine.sleep).format(machine),
        **lacking(),
        **context,
    )


def lacking() -> dict[str, Any]:
    """Return why whoever looks may not use the gateway, and why they may not set it up; empty when they may."""
    asking = kit.principal()
    return {"lacking": kit.lacks(asking, SCOPE), "lacking_admin": kit.lacks(asking, ADMIN)}
