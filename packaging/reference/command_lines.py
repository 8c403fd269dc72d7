"""The pages of the three programs' commands, from the parsers that read them."""

from __future__ import annotations

import argparse
from argparse import _SubParsersAction
from typing import Any

from tables import code, page, sentence, table

from wakeful_agent.cli.parser import make_parser
from wakeful_collector.cli import parser as collector_parser
from wakeful_collector.remote import options
from wakeful_collector.remote.verbs import GROUPS, VERBS


def agent() -> str:
    """Return the page of wakeful-agent."""
    return page(
        "wakeful-agent",
        "Every command of the agent, with its arguments. [The agent](../agent.md#commands) says what they are for.",
        _epilog(make_parser()),
        _options(make_parser()),
        *_below(make_parser(), "wakeful-agent"),
    )


def collector() -> str:
    """Return the page of wakeful-collector."""
    top = collector_parser()
    return page(
        "wakeful-collector",
        "Every command of the collector's own machine, with its arguments. [The"
        " collector](../collector.md#commands) says what"
        " they are for.",
        _epilog(top),
        _options(top),
        *_below(top, "wakeful-collector"),
    )


def operator() -> str:
    """Return the page of wakeful."""
    parts = []
    for group in GROUPS:
        parts.append(f"## {_capital(group)}")
        for verb in (one for one in VERBS if one.group == group):
            for one in verb.shelf or (verb,):
                module = one.load()
                made = options.parser_of(one)
                parts += [
                    _head(made, 3),
                    f"{sentence(one.title)} {_text(module.ABOUT)}",
                    _options(made, leave_out=("--json", "--profile", "--url", "--timeout")),
                ]
    first = options.parser_of(VERBS[0])
    shared = [one for one in _actions(first) if set(one.option_strings) & {"--json", "--profile", "--url", "--timeout"}]
    return page(
        "wakeful",
        "Every command of the operator's program, with its arguments; `wakeful COMMAND --help` prints the same"
        " with examples."
        " [wakeful](../cli.md) says how to get in, what comes out, and what the exit codes mean.",
        "Every command takes:",
        _rows([_row(first, one) for one in shared]),
        *parts,
    )


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001 - argparse tells its options nowhere else


def _below(parser: argparse.ArgumentParser, before: str, depth: int = 2) -> list[str]:
    """Return the parts of all commands below a parser, each under its whole name."""
    parts = []
    for action in _actions(parser):
        if not isinstance(action, _SubParsersAction):
            continue
        choices = action._choices_actions  # noqa: SLF001 - where argparse keeps the help of subcommands
        helps = {choice.dest: choice.help or "" for choice in choices}
        for name, inner in action.choices.items():
            inner.prog = f"{before} {name}"
            about = sentence(_text(inner.description or _capital(helps.get(name, ""))))
            parts += [_head(inner, depth), about, _options(inner), *_below(inner, f"{before} {name}", depth + 1)]
    return parts


def _head(parser: argparse.ArgumentParser, depth: int) -> str:
    return f"{'#' * depth} {parser.prog}\n\n```\n{_usage(parser)}\n```"


def _usage(parser: argparse.ArgumentParser) -> str:
    """Return how a command is written, the same with every version of Python."""
    positional = [_positional(one) for one in _actions(parser) if not one.option_strings]
    named = any(one.option_strings and one.dest != "help" for one in _actions(parser))
    return " ".join(filter(None, [parser.prog, *positional, "[options]" if named else ""]))


def _positional(one: argparse.Action) -> str:
    name = _name(one)
    if isinstance(one, _SubParsersAction):
        return str(one.metavar or "COMMAND") if one.required or "COMMAND" in str(one.metavar) else f"[{one.metavar}]"
    return {"?": f"[{name}]", "*": f"[{name} ...]", "+": f"{name} [{name} ...]"}.get(str(one.nargs), name)


def _options(parser: argparse.ArgumentParser, leave_out: tuple[str, ...] = ()) -> str:
    return _rows(
        [
            _row(parser, one)
            for one in _actions(parser)
            if one.dest != "help"
            and one.help != argparse.SUPPRESS
            and not isinstance(one, _SubParsersAction)
            and not set(one.option_strings) & set(leave_out)
        ]
    )


def _rows(rows: list[tuple[str, str]]) -> str:
    return table(("argument", "meaning"), rows)


def _row(parser: argparse.ArgumentParser, one: argparse.Action) -> tuple[str, str]:
    takes = "" if one.nargs == 0 else f" {_name(one)}"
    takes = f" [{takes.strip()}]" if one.nargs == "?" and one.option_strings else takes
    shown = ", ".join(one.option_strings) + takes if one.option_strings else _positional(one)
    text = argparse.HelpFormatter(parser.prog)._expand_help(one) if one.help else ""  # noqa: SLF001 - its percents are its own
    return code(shown), sentence(_capital(text))


def _name(one: argparse.Action) -> str:
    if isinstance(one.metavar, tuple):
        return " ".join(one.metavar)
    if one.metavar:
        return one.metavar
    return "|".join(map(str, one.choices)) if one.choices else str(one.dest).upper()


def _epilog(parser: argparse.ArgumentParser) -> str:
    return f"```\n{parser.epilog}\n```" if parser.epilog else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(about: Any) -> str:
    return "\n".join(str(about).strip().splitlines())
