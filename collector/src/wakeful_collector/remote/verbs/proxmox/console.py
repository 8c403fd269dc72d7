"""console: the same commands at a prompt, with completion and history."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wakeful_collector.remote.proxmox.lines import BYTES_MAX, Console
from wakeful_collector.remote.proxmox.naming import add_cluster

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Each line is a command as behind wakeful proxmox, with Tab for what fits and the arrow keys for what was typed before.
Beside them: describe vm 101 (ct, guest, node, storage or task), use CLUSTER, help, exit.

Where nobody sits at a terminal, lines are read from standard input and the first that fails ends it with its exit code;
what changes something needs --yes there. # begins a comment."""
EXAMPLES = """\
wakeful proxmox console
wakeful proxmox console --cluster lab
printf 'sync\\nguests --running\\n' | wakeful proxmox console
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    add_cluster(parser)
    parser.add_argument("--keep-going", action="store_true", help="of a script: go on after a line that failed")


def run(session: Session, given: argparse.Namespace) -> int:
    """Converse, or run a script."""
    before = [
        word
        for name, value in (("--profile", given.profile), ("--url", given.url))
        if value is not None
        for word in (name, value)
    ]
    console = Console(session, [*before, *(["--json"] if given.json else [])], given.cluster or "")
    if not session.attended:
        return console.script(sys.stdin.read(BYTES_MAX) if sys.stdin is not None else "", given.keep_going)
    from wakeful_collector.remote.proxmox import prompting

    return prompting.converse(console, session.environ)
