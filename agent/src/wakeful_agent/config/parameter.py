"""A parameter of an action: what an argument must be, and how it stands in a command line. Pure."""

from __future__ import annotations

import re

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

TEXT, NUMBER, CHOICE, FLAG = "text", "number", "choice", "flag"
KINDS = (TEXT, NUMBER, CHOICE, FLAG)
TEXT_CHARACTERS_MAX = 256


class Parameter(NamedTuple):
    """One argument that an action takes; without `default` it must be given (a flag that is not given is false).

    `text` must match the whole `pattern`; `number` lies from `least` to `most`, and is whole where both of these are;
    `choice` is one of `choices`; `flag` stands as `value` in a command line when it is true, and not at all otherwise.
    """

    name: str
    kind: str
    help: str = ""
    default: Any = None
    pattern: str = ""
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()
    value: str = ""

    @property
    def required(self) -> bool:
        """Tell whether an argument must be given."""
        return self.default is None and self.kind != FLAG

    def document(self) -> dict[str, Any]:
        """Return the form it travels in (see `hello.actions` of the wire): only what its kind uses."""
        said: dict[str, Any] = {"kind": self.kind, "required": self.required}
        if self.help:
            said["help"] = self.help
        if self.default is not None:
            said["default"] = self.default
        if self.kind == TEXT:
            said["pattern"] = self.pattern
        elif self.kind == NUMBER:
            said.update(least=self.least, most=self.most)
        elif self.kind == CHOICE:
            said["choices"] = list(self.choices)
        return said

    def problem(self, given: Any) -> str:
        """Return what is wrong with an argument; empty when nothing is. What was given is not repeated."""
        if self.kind == TEXT:
            return self._text_problem(given)
        if self.kind == NUMBER:
            return self._number_problem(given)
        if self.kind == CHOICE:
            if isinstance(given, str) and given in self.choices:
                return ""
            return "must be one of the choices that this machine's file names"
        return "" if isinstance(given, bool) else "must be true or false"

    def word(self, given: Any) -> str:
        """Return how an argument without a problem stands in a command line."""
        if self.kind == FLAG:
            return self.value if given else ""
        if isinstance(given, float):
            word = f"{given:.6f}".rstrip("0").rstrip(".")
            return "0" if word == "-0" else word  # a zero below zero would look like an option
        return str(given)

    def _text_problem(self, given: Any) -> str:
        if not isinstance(given, str):
            return "must be text"
        if len(given) > TEXT_CHARACTERS_MAX:
            return f"has more than {TEXT_CHARACTERS_MAX} characters"
        if given.startswith("-"):
            return "must not begin with a dash: a program would take it for an option"
        if any(not character.isprintable() for character in given):
            return "holds a control character"
        # As browsers read patterns: a digit is 0 to 9, not one of any script.
        return (
            "" if re.fullmatch(self.pattern, given, re.ASCII) else "does not match the pattern of this machine's file"
        )

    def _number_problem(self, given: Any) -> str:
        whole = isinstance(self.least, int) and isinstance(self.most, int)
        if isinstance(given, bool) or not isinstance(given, int if whole else (int, float)):
            return "must be a whole number" if whole else "must be a number"
        if not self.least <= given <= self.most:  # neither does NaN
            return f"must be from {self.least:g} to {self.most:g}"
        return ""


def check_arguments(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments with defaults for those that are missing, and one sentence for each that is wrong."""
    known = {parameter.name: parameter for parameter in parameters}
    problems = [f"takes no argument {name!r}" for name in sorted(map(str, given)) if name not in known]
    taken: dict[str, Any] = {}
    for name, parameter in known.items():
        if name not in given:
            if parameter.required:
                problems.append(f"{name} is missing")
            else:
                taken[name] = False if parameter.kind == FLAG and parameter.default is None else parameter.default
            continue
        problem = parameter.problem(given[name])
        if problem:
            problems.append(f"{name} {problem}")
        taken[name] = given[name]
    return taken, problems
