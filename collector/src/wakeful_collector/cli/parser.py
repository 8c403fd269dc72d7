"""A parser that tells a tired person what was meant, and what each command says of itself."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from shutil import get_terminal_size
from textwrap import fill
from typing import Any

_WIDTH_MAX = 100


class Parser(argparse.ArgumentParser):
    """A parser that names the word that was probably meant; its subcommands are of this kind too."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        known = [] if action.choices is None else [str(one) for one in action.choices]
        if not known or str(value) in known:
            return
        near = get_close_matches(str(value), known, 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise argparse.ArgumentError(action, f"there is no {value!r}{meant} (there are: {', '.join(known)})")


def explained(about: str, *examples: str) -> dict[str, Any]:
    """Return what `add_parser` takes so that a command's `--help` says what it does, with examples."""
    room = max(40, min(get_terminal_size().columns, _WIDTH_MAX) - 2)
    paragraphs = [fill(paragraph, room, break_on_hyphens=False) for paragraph in about.strip().split("\n\n")]
    return {
        "description": "\n\n".join(paragraphs),
        "epilog": "\n".join(["examples:", *(f"  {line}" for line in examples)]),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }
