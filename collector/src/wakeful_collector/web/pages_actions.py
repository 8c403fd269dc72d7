"""Announced actions as small forms, and forms as arguments again. What machines announce is hostile text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.model.watch import NAME_CHARACTERS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.model.announced import Announced
    from wakeful_collector.web.pages_permits import Permits

HAVE_BUTTONS = ("watch.", "server.")
PREFIX = "with."
"""What names of fields begin with that are arguments of an action: they cannot be taken for fields of ours."""
CHOICES_MAX = 500
KINDS = ("text", "number", "choice", "flag")


class Field(NamedTuple):
    """One argument as a field of a form; `value` is what it holds at first."""

    name: str
    label: str
    kind: str
    help: str
    required: bool
    value: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


class Form(NamedTuple):
    """An announced action as a form; `why_not` says why it cannot be sent."""

    name: str
    help: str
    danger: str
    fields: tuple[Field, ...]
    why_not: str


def forms(known: Permits) -> list[Form]:
    """Return the announced actions of a machine that have no buttons of their own."""
    helps = _helps(known.host.hello)
    return [
        Form(
            one.name,
            helps.get(one.name, ""),
            one.danger,
            tuple(_field(name, parameter) for name, parameter in one.parameters.items()),
            known.why_not(one.name, one.watch),
        )
        for one in known.actions
        if not one.name.startswith(HAVE_BUTTONS)
    ]


def arguments(action: Announced | None, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments that the fields of a form hold, in the kinds that were announced.

    What does not fit its kind stays text, and is refused with the action's own words; what is empty is left out.
    """
    parameters = {} if action is None else action.parameters
    found: dict[str, Any] = {}
    for name, parameter in parameters.items():
        text = given.get(PREFIX + name, "").strip()
        if parameter.get("kind") == "flag":
            found[name] = bool(text)
        elif text:
            found[name] = _number(text) if parameter.get("kind") == "number" else text
    return found


def _field(name: str, parameter: dict[str, Any]) -> Field:
    kind = parameter.get("kind")
    default = parameter.get("default")
    listed = parameter.get("choices")
    return Field(
        name=name,
        label=name.replace("_", " ")[:1].upper() + name.replace("_", " ")[1:],
        kind=kind if kind in KINDS else "text",
        help=_text(parameter.get("help")),
        required=parameter.get("required", True) is not False and "default" not in parameter,
        value="" if default is None or default is False else "on" if default is True else str(default)[:1024],
        choices=tuple(str(one) for one in listed[:CHOICES_MAX]) if isinstance(listed, list) else (),
        least=_bound(parameter.get("least")),
        most=_bound(parameter.get("most")),
    )


def _helps(hello: dict[str, Any]) -> dict[str, str]:
    listed = hello.get("actions")
    rows = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {one["name"]: _text(one.get("help")) for one in rows if isinstance(one.get("name"), str)}


def _text(value: Any) -> str:
    return value[:NAME_CHARACTERS_MAX] if isinstance(value, str) else ""


def _bound(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _number(text: str) -> Any:
    try:
        found = int(text) if text.lstrip("-").isdecimal() else float(text)
        return found if math.isfinite(found) else text
    except (ValueError, OverflowError):
        return text
