"""The settings of a machine as a form, made of the one table; and what a form sends, as an operation takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from wakeful_collector.integrations.ollama.secret_fields import SECRETS
from wakeful_collector.integrations.ollama.settings import FIELDS, GROUPS
from wakeful_collector.web import kit

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Collection, Iterable, Mapping

    from werkzeug.datastructures import MultiDict

    from wakeful_collector.integrations.ollama.secret_fields import Secret
    from wakeful_collector.model.host import Host
    from wakeful_collector.settings_fields import Problem

TITLES = {
    "machine": "The machine",
    "waking": "How it is woken",
    "sleeping": "How it is put to sleep",
    "when it sleeps": "When it may sleep",
    "requests": "Requests",
    "energy": "Energy",
}
WORDS = {
    "packet": "a magic packet",
    "action": "a named action",
    "never": "never by Wakeful",
    "ssh": "a command over SSH",
    "suspend": "suspend to memory",
    "hibernate": "suspend to disk",
    "poweroff": "switch off",
}
"""What the choices say."""

ONLY = {
    **dict.fromkeys(("mac", "relay", "broadcast", "wol_port", "securon"), "wake-packet"),
    **dict.fromkeys(("wake_host", "wake_action", "wake_arguments"), "wake-action"),
    **dict.fromkeys(("ssh_host", "ssh_port", "ssh_user", "sleep_command"), "sleep-ssh"),
    **dict.fromkeys(("ssh_password", "ssh_key", "sudo_password"), "sleep-ssh"),
    **dict.fromkeys(("sleep_action", "sleep_arguments"), "sleep-action"),
    "boot_seconds": "wake-any",
    "stop_seconds": "sleep-any",
}
"""The fields that make sense with one choice alone: the style sheet hides them with any other."""

OF_HOSTS = frozenset({"host", "relay", "wake_host"})
FOLDED = frozenset({"requests"})
"""The groups that hardly anybody changes."""

REMOVE = "remove."
"""What names of boxes begin with that take a secret away."""


def groups(
    values: Mapping[str, Any],
    hosts: Iterable[Host],
    secrets: Collection[str] = (),
    problems: Iterable[Problem] = (),
    adding: bool = False,
) -> list[kit.FormGroup]:
    """Return the form with these values in it; `secrets` are the names of those that are set, which nobody sees."""
    known = (("", ""), *((host.id, host.name) for host in hosts))
    wrong = kit.form_problems(problems)
    found: dict[str, list[kit.FormField]] = {name: [] for name in GROUPS}
    for field in FIELDS:
        made = _field(field, values.get(field.name, ""), known, wrong.get(field.name, ""))
        found[field.metadata["group"]].append(made._replace(fixed=field.name == "name" and not adding))
    for secret in SECRETS:
        made = _secret(secret, wrong.get(secret.name, ""))
        found[secret.group].append(made._replace(is_set=secret.name in secrets))
    return kit.form_groups(found, TITLES, FOLDED)


def given_secrets(form: MultiDict[str, str]) -> dict[str, str]:
    """Return the secrets that a form changes: one left empty stays as it is, unless its box takes it away."""
    found = {}
    for secret in SECRETS:
        text = form.get(secret.name, "")
        if REMOVE + secret.name in form:
            found[secret.name] = ""
        elif text.strip():
            found[secret.name] = text
    return found


def _field(
    field: dataclasses.Field[Any], value: Any, hosts: tuple[tuple[str, str], ...], problem: str
) -> kit.FormField:
    made = kit.form_field(field, value, problem, WORDS)
    about = made.help.replace("`", "").replace("Id of the host", "The host")
    made = made._replace(help=about, only=ONLY.get(field.name, ""))
    if field.name in OF_HOSTS:
        return made._replace(widget="choice", choices=hosts)
    if field.name == "time_zone":
        zones = tuple((zone, zone) for zone in sorted(available_timezones()))
        return made._replace(widget="choice", choices=zones)
    return made


def _secret(secret: Secret, problem: str) -> kit.FormField:
    made = kit.form_secret(secret.name, secret.label, secret.kind, secret.help, problem)
    return made._replace(only=ONLY.get(secret.name, ""))
