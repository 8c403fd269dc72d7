"""agent.toml as a document: its values by dotted key, and the line each stands on."""

from __future__ import annotations

import sys
from importlib import import_module

from wakeful_agent.config.errors import Problem
from wakeful_agent.host.modules import only_now

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# tomli is the same parser, from before it was taken into the standard library.
_PARSER = "tomllib" if sys.version_info >= (3, 11) else "tomli"

_AHEAD: dict[tuple[str, str], tuple[dict[str, Any], list[Problem]]] = {}


def parse_document(text: str, file: str) -> tuple[dict[str, Any], list[Problem]]:
    """Return what the TOML text holds; where it is no TOML, an empty document and the problem with its line."""
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        return {}, []
    return _AHEAD.pop((text, file), None) or _parse(text, file)


def parse_ahead(file: str) -> None:
    """Parse a file that is going to be asked for, before all else is loaded: into the memory that the parser took.

    To be called while there is one thread: another might be importing what is forgotten here.
    """
    try:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
    except (OSError, UnicodeDecodeError):
        return  # whoever asks for it says so
    with only_now(_PARSER, "typing"):
        _AHEAD[text, file] = parse_document(text, file)


def _parse(text: str, file: str) -> tuple[dict[str, Any], list[Problem]]:
    tomllib = import_module(_PARSER)
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        sentence, _, place = str(error).partition(" (at ")
        line = text.count("\n") + 1
        words = place.replace(",", " ").split()
        if words[:1] == ["line"] and words[1].isdigit():
            line = int(words[1])
        hint = 'text stands in quotes: name = "web-1"; `wakeful-agent show-config --sample` prints a whole file'
        return {}, [Problem(file, line, f"is not TOML: {sentence}", hint)]


def lines_of(text: str) -> dict[str, int]:
    """Return the line of every key and table header, by dotted key, for TOML that was already found to be right.

    Tables of an array have their number in the key: the second `[[watch]]` is `watch.1`.
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, written in enumerate(text.splitlines(), 1):
        line = written.strip()
        if line.startswith("[["):
            name = _plain(line.strip("[] ").partition("]")[0])
            counts[name] = counts.get(name, -1) + 1
            table = f"{name}.{counts[name]}"
            found.setdefault(name, number)
            found.setdefault(table, number)
        elif line.startswith("["):
            table = _numbered(_plain(line.strip("[] ").partition("]")[0]), counts)
            found.setdefault(table, number)
        elif "=" in line and not line.startswith("#"):
            key = _plain(line.partition("=")[0])
            found.setdefault(f"{table}.{key}" if table else key, number)
    return found


def _numbered(table: str, counts: dict[str, int]) -> str:
    """Return a table's key with the number of the array's table that it belongs to."""
    first, dot, rest = table.partition(".")
    return f"{first}.{counts[first]}.{rest}" if dot and first in counts else table


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
