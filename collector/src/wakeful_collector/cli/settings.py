"""check-config: are the settings right, and what are they."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wakeful_collector import config
from wakeful_collector.cli.output import coloured, say, say_aside, say_json
from wakeful_collector.cli.parser import explained
from wakeful_collector.integrations.ollama import environment
from wakeful_collector.settings_kinds import toml

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.cli.parts import Subparsers


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    lines = [
        f"  {item.name:26}{item.metadata['help']} Default: {config.default_text(item)}." for item in config.table()
    ]
    texts = explained(
        "Says everything that is wrong with collector.toml and the environment, each with its line; else shows what is "
        "in force. --sample prints a file to begin with.",
        "wakeful-collector check-config --data ./var",
        "wakeful-collector check-config --sample > collector.toml",
    )
    check = subparsers.add_parser(
        "check-config",
        parents=[common],
        help="say whether the settings are right, and show them",
        **{
            **texts,
            "epilog": f"{texts['epilog']}\n\nsettings:\n" + "\n".join(lines),
        },
    )
    check.add_argument("--sample", action="store_true", help="print a collector.toml with every setting explained")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=_check)


def _check(arguments: argparse.Namespace) -> int:
    if arguments.sample:
        say(config.sample().rstrip())
        return 0
    problems: list[config.Problem] = []
    chosen = None
    try:
        chosen = config.load(os.environ)
    except config.ConfigErrors as errors:
        problems = errors.problems
    warnings = config.unknown_variables(os.environ)
    if chosen is not None:
        warnings += environment.found(os.environ, chosen.gateway_env)[1]
    if arguments.json:
        say_json(
            {
                "ok": chosen is not None,
                "errors": [problem._asdict() for problem in problems],
                "warnings": [problem._asdict() for problem in warnings],
                "settings": None if chosen is None else _values(chosen),
            }
        )
        return 0 if chosen is not None else 2
    for problem in warnings:
        say_aside(f"{coloured('warning', 'warn')}: {problem}")
    if chosen is None:
        raise config.ConfigErrors(problems)
    for name, value in _values(chosen).items():
        say(f"{name} = {toml(value)}")
    return 0


def _values(chosen: config.Settings) -> dict[str, Any]:
    return {item.name: _plain_value(getattr(chosen, item.name)) for item in config.table()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, (int, str)) else str(value)
