"""What an agent announced that it may be asked for, as its hello says: hostile data, read with care. Pure."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

DANGERS = ("none", "changes", "destroys")
NAME_CHARACTERS_MAX = 128
ARGUMENTS_MAX = 32
TEXT_CHARACTERS_MAX = 1_024
OWN = {
    "wake": 'targets = ["192.168.1.0/24"]',
    "restart_unit": 'units = ["nginx.service"]',
    "restart_service": 'services = ["nginx"]',
    "restart_container": 'containers = ["web"]',
}
"""The agent's own actions, and what its file must say of each beside its name: an example."""
_KINDS: dict[str, tuple[type, ...]] = {"text": (str,), "number": (int, float), "choice": (str,), "flag": (bool,)}


class Announced(NamedTuple):
    """An action as announced; `watch` is the one watch it is for, empty where the argument `watch` says which."""

    name: str
    danger: str
    parameters: dict[str, dict[str, Any]]
    watch: str = ""


def announced(hello: dict[str, Any]) -> list[Announced]:
    """Return the actions of a hello; what is not shaped like one is passed over."""
    found = []
    listed = hello.get("actions")
    for item in listed if isinstance(listed, list) else []:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
            continue
        parameters = item.get("parameters")
        known = parameters.items() if isinstance(parameters, dict) else ()
        watch = item.get("watch")
        found.append(
            Announced(
                name,
                item["danger"] if item.get("danger") in DANGERS else "changes",
                {key: value for key, value in known if isinstance(value, dict)},
                watch if isinstance(watch, str) else "",
            )
        )
    return found


def find(actions: list[Announced], name: str, watch: object = None) -> Announced | None:
    """Return the action of that name that serves this watch; None when it was not announced."""
    for one in actions:
        if one.name == name and (not one.watch or one.watch == watch):
            return one
    return None


def unfit(action: Announced, arguments: dict[str, Any]) -> str:
    """Return why these arguments do not fit what was announced; empty when they may.

    Patterns are left to the agent: they come from a machine, and a pattern can be made to search for ever.
    """
    known = dict(action.parameters)
    if action.watch:
        known.setdefault("watch", {"kind": "choice", "choices": [action.watch]})
    for name, value in arguments.items():
        if name not in known:
            return f"{action.name} takes no argument {name!r}; it takes {', '.join(known) or 'none'}"
        problem = _problem(known[name], value)
        if problem:
            return f"{name} {problem}"
    for name, parameter in known.items():
        if name not in arguments and _required(parameter):
            return f"the argument {name} is missing"
    return ""


def malformed(arguments: dict[str, Any]) -> str:
    """Return why this cannot be a command's arguments, whatever the action; empty when it can."""
    if len(arguments) > ARGUMENTS_MAX:
        return f"at most {ARGUMENTS_MAX} arguments are taken"
    for name, value in arguments.items():
        if not 0 < len(name) <= 64 or not name.isprintable():
            return "the name of an argument has 1 to 64 characters"
        if isinstance(value, str):
            if len(value) > TEXT_CHARACTERS_MAX or not value.isprintable():
                return f"{name} must be one line of at most {TEXT_CHARACTERS_MAX} characters"
        elif not isinstance(value, (bool, int, float)) or not abs(value) <= 2**53:
            return f"{name} must be text, a number, or true or false"
    return ""


def permitting(hello: dict[str, Any], action: str, watch: str = "") -> str:
    """Return the lines of agent.toml that would let this be asked for on a machine that said `hello`."""
    names = [one.name for one in announced(hello)]
    allowed = list(dict.fromkeys([*names, action]))
    lines = ["[policy]", f"allow = {json.dumps(allowed, ensure_ascii=False)}"]
    if watch:
        lines += ["[[watch]]", f"name = {json.dumps(watch, ensure_ascii=False)}"]
    elif action in OWN:
        lines += [f"[policy.{action}]", OWN[action]]
    elif "." not in action:
        lines += ["[[action]]", f"name = {json.dumps(action, ensure_ascii=False)}", 'argv = ["/path/of/program"]']
    return "\n".join(lines)


def _required(parameter: dict[str, Any]) -> bool:
    return parameter.get("required", True) is not False and "default" not in parameter


def _problem(parameter: dict[str, Any], value: Any) -> str:
    kinds = _KINDS.get(str(parameter.get("kind")))
    if kinds is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        return f"must be a {parameter['kind']}"
    choices = parameter.get("choices")
    if isinstance(choices, list) and value not in choices:
        return f"must be one of {', '.join(str(one)[:64] for one in choices[:20])}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        least, most = _bound(parameter, "least", value), _bound(parameter, "most", value)
        if not least <= value <= most:
            return f"must be from {least} to {most}"
    return ""


def _bound(parameter: dict[str, Any], name: str, otherwise: float) -> float:
    found = parameter.get(name)
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else otherwise
