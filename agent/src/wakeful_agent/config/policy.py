"""Reading `[policy]` and `[[action]]` of agent.toml: what may be asked for, and the machine's own named actions."""

from __future__ import annotations

import re

from wakeful_agent.config import pattern, template
from wakeful_agent.config import settings as table
from wakeful_agent.config.orders import ActionSetting, Policy
from wakeful_agent.config.parameter import CHOICE, FLAG, KINDS, NUMBER, TEXT, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Collection, Mapping

    from wakeful_agent.config.orders import KnownAction
    from wakeful_agent.config.tables import Table

DANGERS = ("none", "changes", "destroys")
ACTIONS_MAX = 128
ALLOWED_MAX = 256
CHOICES_MAX = 256
PER_HOUR_MAX = 600
TIMEOUT_SECONDS_MAX = 3600
NAME = re.compile(r"[a-z0-9-]{1,64}")
_PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
PARAMETER_KEYS = ("kind", "help", "default", "pattern", "least", "most", "choices", "value")
_OF_KIND = {TEXT: ("pattern",), NUMBER: ("least", "most"), CHOICE: ("choices",), FLAG: ("value",)}
POLICY_KEYS = ("allow", "per_hour", "dry_run")
ACTION_KEYS = ("name", "argv", "as_root", "timeout_seconds", "danger", "parameters", "help", "output", "ends_agent")


def read_policy(policy: Table, known: Mapping[str, Callable[[], KnownAction]], others: Collection[str]) -> Policy:
    """Return the policy; `known` are the agent's own actions, `others` the names of all else that can be asked for."""
    options = {name: policy.table(name).body for name in policy.body if name in known}
    policy.only((*POLICY_KEYS, *known))
    allowed = policy.texts("allow", ALLOWED_MAX)
    for name in allowed:
        if "*" in name:
            policy.say("allow", f"names {name!r}", "there is no wildcard: name each action that may be asked for")
        elif name not in known and name not in others:
            hint = table.nearest(name, dict.fromkeys([*known, *others], ""))
            policy.say("allow", f"names {name!r}, which is no action", hint)
    for name in known:
        if name in options or name in allowed:
            for sentence in known[name]().check(options.get(name, {})):
                policy.table(name).say("", sentence, f"write it below [policy.{name}]")
    per_hour = policy.number("per_hour", 30, 1, PER_HOUR_MAX, whole=True)
    return Policy(tuple(dict.fromkeys(allowed)), int(per_hour), policy.flag("dry_run", False), options)


def read_action(action: Table, taken: Collection[str]) -> ActionSetting | None:
    """Return a named action, or None when something is wrong; `taken` are names that others have."""
    action.only(ACTION_KEYS)
    name = action.text("name")
    if not NAME.fullmatch(name):
        action.say("name", "must be 1 to 64 of a-z, 0-9 and -", 'such as name = "restart-web"')
    elif name in taken:
        action.say("name", f"is {name!r}, which another action has", "every action has a name of its own")
    action.called = name or action.called
    parameters = _parameters(action)
    argv = action.body.get("argv")
    if not action.table("parameters").wrong:
        for sentence in template.check(argv, parameters):
            action.say("argv", sentence, "a program and its words; {NAME} stands for a parameter, never for two words")
    setting = ActionSetting(
        name=name,
        argv=tuple(argv) if isinstance(argv, list) else (),
        as_root=action.flag("as_root", False),
        timeout_seconds=action.number("timeout_seconds", 60, 1, TIMEOUT_SECONDS_MAX),
        danger=action.choice("danger", "changes", DANGERS),
        parameters=tuple(parameters),
        help=action.text("help"),
        output=action.flag("output", False),
        ends_agent=action.flag("ends_agent", False),
    )
    return None if action.wrong else setting


def _parameters(action: Table) -> list[Parameter]:
    found = []
    tables = action.table("parameters")
    for name in tables.body:
        table_of = tables.table(name, f"parameter {name} of {action.called}")
        if not _PARAMETER_NAME.fullmatch(name):
            table_of.say("", "has no usable name", "1 to 64 of a-z, 0-9 and _, a letter first")
        else:
            found.append(_parameter(name, table_of))
    return found


def _parameter(name: str, given: Table) -> Parameter:
    kind = given.choice("kind", "", KINDS)
    if not kind:
        return Parameter(name, TEXT)
    given.only(PARAMETER_KEYS)
    for key in given.body:
        if key in PARAMETER_KEYS and key not in {"kind", "help", "default", *_OF_KIND[kind]}:
            given.say(key, f"is nothing of the kind {kind}", f"this kind has: {', '.join(_OF_KIND[kind])}")
    problem = pattern.problem_of(given.body.get("pattern")) if kind == TEXT else ""
    if problem:
        given.say("pattern", problem)
    least, most = _span(given) if kind == NUMBER else (0, 0)
    made = Parameter(
        name=name,
        kind=kind,
        help=given.text("help"),
        default=given.body.get("default"),
        pattern=str(given.body.get("pattern", "")),
        least=least,
        most=most,
        choices=tuple(_choices(given)) if kind == CHOICE else (),
        value=_value(given) if kind == FLAG else "",
    )
    if not given.wrong and made.default is not None and made.problem(made.default):
        given.say("default", made.problem(made.default))
    return made


def _span(given: Table) -> tuple[float, float]:
    least, most = given.any_number("least"), given.any_number("most")
    if not {"least", "most"} <= set(given.body):
        given.say("least", "and most must be given for a number", "such as least = 1 and most = 100")
    elif least > most:
        given.say("most", f"is {most:g}, less than least, which is {least:g}")
    return least, most


def _choices(given: Table) -> list[str]:
    choices = given.texts("choices", CHOICES_MAX)
    if not choices:
        given.say("choices", "must name at least one", 'such as choices = ["nginx.service"]')
    return choices


def _value(given: Table) -> str:
    value = given.text("value")
    if not value:
        given.say("value", "must be the word that stands there when it is true", 'such as value = "--force"')
    return value
