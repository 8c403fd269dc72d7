"""The settings of a machine as a form, made of the one table; and what a form sends, as an operation takes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import available_timezones

from wakeful_collector.integrations.ollama.secret_fields import SECRETS
from wakeful_collector.integrations.ollama.settings import FIELDS, GROUPS

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Collection, Iterable, Mapping

    from werkzeug.datastructures import MultiDict

    from wakeful_collector.integrations.ollama.secret_fields import Secret
    from wakeful_collector.integrations.ollama.settings import Machine, Problem
    from wakeful_collector.model.host import Host

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
NEEDED = frozenset({"name", "url"})
FOLDED = frozenset({"requests"})
"""The groups that hardly anybody changes."""

REMOVE = "remove."
"""What names of boxes begin with that take a secret away."""


class Field(NamedTuple):
    """One setting as a field; `choices` are values with their words, `is_set` is of a secret that is there."""

    name: str
    label: str
    widget: str
    help: str
    problem: str
    only: str
    least: int | None = None
    most: int | None = None
    value: str = ""
    chosen: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""
    required: bool = False
    fixed: bool = False
    is_secret: bool = False
    is_set: bool = False


class Group(NamedTuple):
    """Fields that belong together, under their title."""

    title: str
    key: str
    folded: bool
    fields: list[Field]


def groups(
    values: Mapping[str, Any],
    hosts: Iterable[Host],
    secrets: Collection[str] = (),
    problems: Iterable[Problem] = (),
    adding: bool = False,
) -> list[Group]:
    """Return the form with these values in it; `secrets` are the names of those that are set, which nobody sees."""
    known = (("", ""), *((host.id, host.name) for host in hosts))
    wrong: dict[str, str] = {}
    for one in problems:
        wrong.setdefault(one.field, one.message + (f": {one.hint}" if one.hint else ""))
    found: dict[str, list[Field]] = {name: [] for name in GROUPS}
    for field in FIELDS:
        made = _field(field, values.get(field.name, ""), known, wrong.get(field.name, ""))
        found[field.metadata["group"]].append(made._replace(fixed=field.name == "name" and not adding))
    for secret in SECRETS:
        made = _secret(secret, wrong.get(secret.name, ""))
        found[secret.group].append(made._replace(is_set=secret.name in secrets))
    return [
        Group(
            TITLES.get(name, name),
            name.replace(" ", "-"),
            name in FOLDED and not any(one.problem for one in fields),
            fields,
        )
        for name, fields in found.items()
    ]


def given(form: MultiDict[str, str]) -> dict[str, Any]:
    """Return the settings that a form holds; what does not fit its kind stays text, and is refused by its own words."""
    found: dict[str, Any] = {}
    for field in FIELDS:
        kind = field.metadata["kind"]
        if kind.widget == "flag":
            found[field.name] = field.name in form
        elif kind.widget == "days":
            found[field.name] = form.getlist(field.name)
        else:
            text = form.get(field.name, "").strip()
            found[field.name] = kind.from_text(text)
    return found


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


def values_of(machine: Machine) -> dict[str, Any]:
    """Return the settings of a machine by name."""
    return {field.name: getattr(machine, field.name) for field in FIELDS}


def changed(machine: Machine, wanted: Machine) -> dict[str, Any]:
    """Return the settings in which two machines differ, as an operation takes them."""
    before, after = values_of(machine), values_of(wanted)
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in after.items()
        if value != before[name]
    }


def shown(value: Any) -> str:
    """Return a value as a field holds it."""
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, dict):
        return json.dumps(value) if value else ""
    return "" if isinstance(value, (list, tuple)) else str(value)


def _choices(name: str, schema: Mapping[str, Any], hosts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    if name in OF_HOSTS:
        return hosts
    if name == "time_zone":
        return tuple((zone, zone) for zone in sorted(available_timezones()))
    words = schema.get("items", schema).get("enum", ())
    return tuple((word, WORDS.get(word, word.capitalize())) for word in words)


def _field(field: dataclasses.Field[Any], value: Any, hosts: tuple[tuple[str, str], ...], problem: str) -> Field:
    about, schema = field.metadata, field.metadata["kind"].schema
    return Field(
        name=field.name,
        label=about["label"],
        widget="choice" if field.name in OF_HOSTS or field.name == "time_zone" else about["kind"].widget,
        help=about["help"].replace("`", "").replace("Id of the host", "The host"),
        problem=problem,
        only=ONLY.get(field.name, ""),
        least=schema.get("minimum"),
        most=schema.get("maximum", schema.get("maxLength")),
        value=shown(value),
        chosen=tuple(value) if isinstance(value, (tuple, list)) else (),
        choices=_choices(field.name, schema, hosts),
        example=about["example"],
        required=field.name in NEEDED,
    )


def _secret(secret: Secret, problem: str) -> Field:
    return Field(
        name=secret.name,
        label=secret.label,
        widget=secret.kind.widget,
        help=secret.help,
        problem=problem,
        only=ONLY.get(secret.name, ""),
        most=secret.kind.schema["maxLength"],
        is_secret=True,
    )
