"""The settings of a cluster as a form, made of the one table; and what a form sends, as an operation takes it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.integrations.proxmox.link.clusters import FIELDS, GROUPS, REQUIRED, SECRET
from wakeful_collector.integrations.proxmox.link.fields import SECRET as SECRET_KIND

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Iterable, Mapping

    from werkzeug.datastructures import MultiDict

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster, Problem

TITLES = {
    "cluster": "The cluster",
    "trust": "Whose certificate is trusted",
    "looking": "How it is looked at",
    "protection": "What is never touched",
    "declared state": "Declared state",
}
WORDS = {"off": "never", "report": "report what differs", "apply": "apply what is harmless"}
"""What the choices say."""

FOLDED = frozenset({"looking", "protection", "declared state"})
"""The groups that a newcomer needs not see."""


class Field(NamedTuple):
    """One setting as a field; `choices` are values with their words, `is_set` is of a secret that is there."""

    name: str
    label: str
    widget: str
    help: str
    problem: str
    only: str = ""
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
    is_needed: bool = False


class Group(NamedTuple):
    """Fields that belong together, under their title."""

    title: str
    key: str
    folded: bool
    fields: list[Field]


def groups(
    values: Mapping[str, Any], problems: Iterable[Problem] = (), adding: bool = False, has_secret: bool = False
) -> list[Group]:
    """Return the form with these values in it; the secret is never among them."""
    wrong: dict[str, str] = {}
    for one in problems:
        wrong.setdefault(one.field, one.message + (f": {one.hint}" if one.hint else ""))
    found: dict[str, list[Field]] = {name: [] for name in GROUPS}
    for field in FIELDS:
        made = _field(field, values.get(field.name, ""), wrong.get(field.name, ""))
        found[field.metadata["group"]].append(made._replace(fixed=field.name == "name" and not adding))
        if field.name == "login":
            found["cluster"].append(_secret(wrong.get(SECRET, ""), has_secret))
    return [
        Group(
            TITLES.get(name, name.capitalize()),
            name.replace(" ", "-"),
            name in FOLDED and adding and not any(one.problem for one in fields),
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
        elif kind.widget == "words":
            found[field.name] = [word for text in form.getlist(field.name) for word in kind.from_text(text)]
        else:
            found[field.name] = kind.from_text(form.get(field.name, "").strip())
    return found


def given_secret(form: MultiDict[str, str]) -> dict[str, str]:
    """Return the secret where a form gives one; left empty, it stays as it is."""
    text = form.get(SECRET, "").strip()
    return {SECRET: text} if text else {}


def values_of(cluster: Cluster) -> dict[str, Any]:
    """Return the settings of a cluster by name."""
    return {field.name: getattr(cluster, field.name) for field in FIELDS}


def changed(cluster: Cluster, wanted: Cluster) -> dict[str, Any]:
    """Return the settings in which two clusters differ, as an operation takes them."""
    before, after = values_of(cluster), values_of(wanted)
    return {name: plain(value) for name, value in after.items() if value != before[name]}


def plain(value: Any) -> Any:
    """Return a value as an operation takes it."""
    return list(value) if isinstance(value, tuple) else value


def shown(value: Any) -> str:
    """Return a value as a field holds it."""
    if isinstance(value, bool):
        return "on" if value else ""
    return ", ".join(value) if isinstance(value, (list, tuple)) else str(value)


def _field(field: dataclasses.Field[Any], value: Any, problem: str) -> Field:
    about, schema = field.metadata, field.metadata["kind"].schema
    widget = about["kind"].widget
    return Field(
        name=field.name,
        label=about["label"],
        widget="text" if widget == "words" else widget,
        help=about["help"],
        problem=problem,
        least=schema.get("minimum"),
        most=schema.get("maximum", schema.get("maxLength") or 20_000),
        value=shown(value),
        choices=tuple((word, WORDS.get(word, word)) for word in schema.get("enum", ())),
        example=about["example"],
        required=field.name in REQUIRED,
    )


def _secret(problem: str, is_set: bool) -> Field:
    return Field(
        name=SECRET,
        label="Secret",
        widget=SECRET_KIND.widget,
        help="What Proxmox showed when the token was made, or the password.",
        problem=problem,
        most=SECRET_KIND.schema["maxLength"],
        example="xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        is_secret=True,
        is_set=is_set,
        is_needed=True,
    )
