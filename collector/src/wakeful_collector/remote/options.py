"""Options that every command has, and a parser that fails as the rest of the program does."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

from wakeful_collector.remote.failure import closest, usage
from wakeful_collector.remote.moments import seconds_of
from wakeful_collector.remote.session import TIMEOUT_SECONDS

if TYPE_CHECKING:
    from wakeful_collector.remote.verb import Verb

VALUED = ("--profile", "--url", "--timeout")
FLAGS = ("--json",)
"""Options that may stand before the command too."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are failures that name what was meant, with the way to the help."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        raise usage(message, f"see: {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        known = [] if action.choices is None else [str(one) for one in action.choices]
        if not known or str(value) in known:
            return
        near = closest(str(value), known)
        meant = f"; did you mean {near}?" if near else ""
        raise argparse.ArgumentError(action, f"there is no {value!r}{meant} (there are: {', '.join(known)})")


def parser_of(verb: Verb) -> Parser:
    """Return the parser of a command, with what all of them share; only that command is loaded."""
    module = verb.load()
    made = Parser(
        prog=f"wakeful {verb.name}",
        description=_filled(f"{verb.title}.\n\n{module.ABOUT}"),
        epilog=f"examples:\n{_indented(_of(verb, module.EXAMPLES))}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add(made)
    shared = made.add_argument_group("the same everywhere")
    shared.add_argument("--json", action="store_true", help="print a JSON document instead of a table")
    shared.add_argument(
        "--profile", metavar="NAME", help="which collector (default: WAKEFUL_PROFILE, then the default)"
    )
    shared.add_argument("--url", metavar="URL", help="another address; its key comes from WAKEFUL_API_KEY or _FILE")
    shared.add_argument(
        "--timeout",
        type=seconds_of,
        default=TIMEOUT_SECONDS,
        metavar="TIME",
        help=f"how long an answer may take (default: {TIMEOUT_SECONDS:.0f}s)",
    )
    return made


def read(parser: Parser, words: list[str]) -> argparse.Namespace:
    """Return what a command line says; raise Failure. An option that may stand alone never takes an argument."""
    lone = {name: one.const for one in parser._actions if one.nargs == "?" for name in one.option_strings}  # noqa: SLF001 - argparse tells its options nowhere else
    whole = [
        f"{word}={lone[word]}" if word in lone and not _is_duration(after) else word
        for word, after in zip(words, [*words, ""][1:], strict=True)
    ]
    given, more = parser.parse_known_intermixed_args(whole)
    if more:
        options = [name for one in parser._actions for name in one.option_strings]  # noqa: SLF001 - argparse tells its options nowhere else
        near = closest(more[0].partition("=")[0], options) if more[0].startswith("-") else ""
        meant = f"; did you mean {near}?" if near else ""
        raise usage(f"{more[0]!r} is too much here{meant}", f"see: {parser.prog} --help")
    return given


def _is_duration(word: str) -> bool:
    try:
        return seconds_of(word) > 0
    except ValueError:
        return False


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the options before the command, and the command with everything behind it."""
    before = 0
    while before < len(words) and words[before].startswith("-") and words[before] not in {"--help", "-h"}:
        if words[before] in VALUED:
            before += 1
        elif words[before] not in FLAGS and not words[before].startswith(tuple(f"{name}=" for name in VALUED)):
            raise usage(
                f"{words[before]} is no option here", "options of a command stand behind it; see: wakeful --help"
            )
        before += 1
    return words[:before], words[before:]


def _filled(text: str) -> str:
    """Return paragraphs fitted to the terminal."""
    from shutil import get_terminal_size
    from textwrap import fill

    room = max(40, min(get_terminal_size().columns, 110) - 2)
    return "\n\n".join(fill(paragraph, room, break_on_hyphens=False) for paragraph in text.strip().split("\n\n"))


def _of(verb: Verb, examples: str) -> str:
    """Return the examples of a command; commands of a shelf may share a module, and want only their own."""
    lines = examples.splitlines()
    own = [line for line in lines if f"wakeful {verb.name}" in f"{line} "] if " " in verb.name else lines
    return "\n".join(own)


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" if line else "\n" for line in text.strip().splitlines())
