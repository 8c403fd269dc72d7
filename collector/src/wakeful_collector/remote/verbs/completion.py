"""completion: what completes commands in a shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wakeful_collector.remote.failure import OK

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Completes commands, options, and what the collector knows: hosts, operations, actions, watches."""
EXAMPLES = """\
wakeful completion bash > ~/.local/share/bash-completion/completions/wakeful
wakeful completion zsh > ~/.zfunc/_wakeful        # with fpath+=~/.zfunc before compinit
wakeful completion fish > ~/.config/fish/completions/wakeful.fish
"""
SHELLS = ("bash", "zsh", "fish")
_FOLDER = Path(__file__).parent.parent / "completions"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=" or ".join(SHELLS))


def run(session: Session, given: argparse.Namespace) -> int:
    """Print a script."""
    text = (_FOLDER / f"wakeful.{given.shell}").read_text("ascii")
    if session.json:
        session.out.document({"shell": given.shell, "script": text})
    else:
        session.out.script(text)
    return OK
