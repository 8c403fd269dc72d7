"""What every subcommand needs: where the agent stands, and how it speaks to a person."""

from __future__ import annotations

import json
import os
import sys

from wakeful_agent.bootstrap import Place
from wakeful_agent.config.folders import find
from wakeful_wire.prepared import Prepared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

    from wakeful_agent.config import ConfigErrors


def here() -> Place:
    """Return the place this process was started in."""
    return Place(find(os.environ, os.getuid()), os.environ)


def complain(text: str) -> None:
    """Say what is wrong on stderr."""
    print(f"wakeful-agent: {text}", file=sys.stderr)


def complain_of(errors: ConfigErrors) -> None:
    """Say everything that is wrong with the configuration."""
    for problem in errors.problems:
        complain(str(problem))


def meant(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...?` for the known word that is near, and nothing where none is."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1)
    return f"; did you mean {near[0]}?" if near else ""


def show_json(document: Any) -> None:
    """Print a document, for people with indentation and for programs in one line."""
    print(json.dumps(document, indent=2 if sys.stdout.isatty() else None, ensure_ascii=True, default=Prepared.document))


def painted(text: str, good: bool) -> str:
    """Return the text in green or red, where a person with colours reads."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"\033[{32 if good else 31}m{text}\033[0m"
