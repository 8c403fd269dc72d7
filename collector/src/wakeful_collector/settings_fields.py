"""The settings of what people add, a machine or a cluster: how each is described, asked for, and found unfit."""

from __future__ import annotations

import re
from dataclasses import MISSING
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector import settings_kinds as kinds
from wakeful_collector.settings_kinds import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from dataclasses import Field

NAME = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
"""What names of things look like that stand in addresses."""

_FLAGS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}


class FieldKind(NamedTuple):
    """One kind: `check` returns the value as it is kept or raises Unfit, `from_text` takes what a form sends.

    `widget` says how a form asks for it: text, number, choice, flag, days, words, password, lines.
    """

    check: Callable[[Any], Any]
    schema: dict[str, Any]
    widget: str = "text"
    from_text: Callable[[str], Any] = str


class Problem(NamedTuple):
    """One thing that is wrong: the field, what, and the way out."""

    field: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return the sentence for people."""
        return f"{self.field} {self.message}" + (f" ({self.hint})" if self.hint else "")


class SettingsUnfit(ValueError):
    """Everything that is wrong with somebody's settings, at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def whole(least: int, most: int) -> FieldKind:
    """Return the kind of whole numbers."""
    kind = kinds.whole(least, most)
    return FieldKind(kind.check, {"type": "integer", "minimum": least, "maximum": most}, "number", kind.from_text)


def choice(*words: str) -> FieldKind:
    """Return the kind of one word out of several."""
    return FieldKind(kinds.one_of(*words).check, {"type": "string", "enum": list(words)}, "choice")


def short_name(hint: str) -> FieldKind:
    """Return the kind of a name that stands in addresses; `hint` says what is taken."""

    def check(raw: Any) -> str:
        if not isinstance(raw, str) or not re.fullmatch(NAME[1:-1], raw):
            raise Unfit(f"is {str(raw)[:64]!r}", hint)
        return raw

    return FieldKind(check, {"type": "string", "pattern": NAME, "maxLength": 32})


def words(text: str) -> list[str]:
    """Return the words of what somebody wrote with commas, semicolons or spaces between them."""
    return [word for word in re.split(r"[,;\s]+", text) if word]


def about(kind: FieldKind, group: str, label: str, text: str, example: str = "") -> dict[str, Any]:
    """Return the metadata of a field of a table of settings."""
    return {"kind": kind, "group": group, "label": label, "help": text, "example": example}


def is_required(field: Field[Any]) -> bool:
    """Tell whether a setting has no default."""
    return field.default is MISSING and field.default_factory is MISSING


def checked(table: Iterable[Field[Any]], given: Mapping[str, Any], whose: str) -> tuple[dict[str, Any], list[Problem]]:
    """Return what fits of the settings given, by name, and everything that is wrong; `whose` names what has them."""
    known = {one.name: one for one in table}
    problems = [Problem(name[:64], f"is not a setting of a {whose}") for name in given if name not in known]
    values: dict[str, Any] = {}
    for one in known.values():
        if one.name in given:
            take(values, one.name, one.metadata["kind"], given[one.name], problems)
        elif is_required(one):
            problems.append(Problem(one.name, "is missing", one.metadata["help"]))
    return values, problems


def take(values: dict[str, Any], name: str, kind: FieldKind, raw: Any, problems: list[Problem]) -> None:
    """Put a value that fits its kind into `values`, or say in `problems` why it does not."""
    try:
        values[name] = kind.check(raw)
    except Unfit as error:
        problems.append(Problem(name, str(error), error.hint))


def values_of(table: Iterable[Field[Any]], settings: object) -> dict[str, Any]:
    """Return settings by name."""
    return {one.name: getattr(settings, one.name) for one in table}


def changed(table: Iterable[Field[Any]], before: object, after: object) -> dict[str, Any]:
    """Return the settings of `after` that differ from those before, as an operation takes them."""
    names = [one.name for one in table if getattr(after, one.name) != getattr(before, one.name)]
    return {name: plain(getattr(after, name)) for name in names}


def plain(value: Any) -> Any:
    """Return a value as an operation takes it."""
    return list(value) if isinstance(value, tuple) else value


def schema(table: Iterable[Field[Any]]) -> dict[str, Any]:
    """Return the JSON schema of each setting by name, for operations."""
    return {one.name: one.metadata["kind"].schema for one in table}


def loosened(one: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a setting without what the settings check themselves: they say all that is wrong at once."""
    return {name: value for name, value in one.items() if name not in {"pattern", "minLength", "minItems"}}


def _flag_text(given: str) -> Any:
    return _FLAGS.get(given.lower(), given)


FLAG = FieldKind(kinds.FLAG.check, {"type": "boolean"}, "flag", _flag_text)
