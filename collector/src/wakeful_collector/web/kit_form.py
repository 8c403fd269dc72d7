"""A table of settings as a form, and what a form sends as settings. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.settings_fields import is_required

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from werkzeug.datastructures import MultiDict

    from wakeful_collector.settings_fields import FieldKind, Problem

TEXT_CHARACTERS_MAX = 20_000
"""What a field takes whose kind sets no bound to its text."""


class FormField(NamedTuple):
    """One setting as a field; `choices` are values with their words, `is_set` is of a secret that is there.

    `only` names the choice with which alone it makes sense; `is_needed` is of a secret that cannot be taken away.
    """

    name: str
    label: str
    widget: str
    help: str
    problem: str = ""
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


class FormGroup(NamedTuple):
    """Fields that belong together, under their title."""

    title: str
    key: str
    folded: bool
    fields: list[FormField]


def form_field(field: dataclasses.Field[Any], value: Any, problem: str, words: Mapping[str, str]) -> FormField:
    """Return a setting as a field; `words` are what its choices say."""
    about, schema = field.metadata, field.metadata["kind"].schema
    widget = about["kind"].widget
    choices = schema.get("items", schema).get("enum", ())
    return FormField(
        name=field.name,
        label=about["label"],
        widget="text" if widget == "words" else widget,
        help=about["help"],
        problem=problem,
        least=schema.get("minimum"),
        most=schema.get("maximum", schema.get("maxLength") or TEXT_CHARACTERS_MAX),
        value=shown(value),
        chosen=tuple(value) if isinstance(value, (tuple, list)) else (),
        choices=tuple((word, words.get(word, word.capitalize())) for word in choices),
        example=about["example"],
        required=is_required(field),
    )


def form_secret(name: str, label: str, kind: FieldKind, about: str, problem: str) -> FormField:
    """Return a secret as a field, which is always empty."""
    return FormField(name, label, kind.widget, about, problem, most=kind.schema["maxLength"], is_secret=True)


def form_groups(
    found: Mapping[str, list[FormField]], titles: Mapping[str, str], folded: Collection[str]
) -> list[FormGroup]:
    """Return groups of fields under their titles; one of those that are folded stays open where something is wrong."""
    return [
        FormGroup(
            titles[name],
            name.replace(" ", "-"),
            name in folded and not any(one.problem for one in fields),
            fields,
        )
        for name, fields in found.items()
    ]


def form_given(table: Iterable[dataclasses.Field[Any]], form: MultiDict[str, str]) -> dict[str, Any]:
    """Return the settings that a form holds; what does not fit its kind stays text, and is refused by its own words."""
    found: dict[str, Any] = {}
    for field in table:
        kind = field.metadata["kind"]
        if kind.widget == "flag":
            found[field.name] = field.name in form
        elif kind.widget in {"days", "words"}:
            found[field.name] = [word for text in form.getlist(field.name) for word in kind.from_text(text)]
        else:
            found[field.name] = kind.from_text(form.get(field.name, "").strip())
    return found


def form_problems(problems: Iterable[Problem]) -> dict[str, str]:
    """Return what is said beside each field that does not fit: the first thing that is wrong with it."""
    found: dict[str, str] = {}
    for one in problems:
        found.setdefault(one.field, one.message + (f": {one.hint}" if one.hint else ""))
    return found


def form_summary(problems: Sequence[Problem]) -> str:
    """Return how many fields do not fit; each says why beside itself."""
    if not problems:
        return ""
    return "one field does not fit" if len(problems) == 1 else f"{len(problems)} fields do not fit"


def shown(value: Any) -> str:
    """Return a value as a field holds it."""
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, dict):
        return json.dumps(value) if value else ""
    return ", ".join(value) if isinstance(value, (list, tuple)) else str(value)
