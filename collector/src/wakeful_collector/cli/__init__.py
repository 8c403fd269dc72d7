"""The operator's shell: `wakeful-collector`.

Exit codes: 0 ok, 1 failure, 2 usage or settings, 4 refused by policy; 141 when the reader of the output went away.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from typing import TYPE_CHECKING

from wakeful_collector import __version__, config
from wakeful_collector.cli import backup, demo, doctor, invite, keys, people, processes, releases, settings
from wakeful_collector.cli.output import CommandError, say_error
from wakeful_collector.cli.parser import Parser
from wakeful_collector.model.store_errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

READER_GONE = 141
"""The exit code when whoever read the output went away, as shells have it."""

COMMANDS = (processes, invite, people, keys, releases, settings, doctor, backup, demo)
"""The commands in the order `--help` shows them; each module offers `add(subparsers, common)`."""

_DATA = "data folder (default: WAKEFUL_DATA, else /var/lib/wakeful for root, ~/.local/state/wakeful for others)"
_EPILOG = """\
Settings come from collector.toml in the data folder and from WAKEFUL_* in the environment;
`wakeful-collector check-config --sample` prints all of them.
wakeful-collector COMMAND --help explains one, with examples.
Exit codes: 0 ok, 1 failure, 2 usage or settings, 4 refused by policy."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = Parser(
        prog="wakeful-collector",
        description="Receives what Wakeful agents push, keeps its history and shows it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"wakeful-collector {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", metavar="DIR", help=_DATA)
    common.add_argument("--config", metavar="FILE", help="settings file (default: collector.toml in the data folder)")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for module in COMMANDS:
        module.add(subparsers, common)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words:
        parser().print_help(sys.stderr)
        return 2
    arguments = parser().parse_args(words)
    os.umask(0o077)
    if arguments.config:
        os.environ["WAKEFUL_CONFIG"] = arguments.config
    if arguments.data:
        os.environ["WAKEFUL_DATA"] = os.path.abspath(arguments.data)
    return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    try:
        return _told(arguments)
    except BrokenPipeError:
        # Whoever read went away (`| head`, `2>&1 | head`): nothing may be written, not even by the interpreter's end.
        for stream in (sys.stdout, sys.stderr):
            _let_go(stream)
        return READER_GONE


def _told(arguments: argparse.Namespace) -> int:
    """Run a command, say what went wrong, and return the exit code."""
    try:
        return int(arguments.run(arguments) or 0)
    except config.ConfigErrors as errors:
        for problem in errors.problems:
            say_error(str(problem))
        return 2
    except CommandError as error:
        say_error(str(error))
        return error.exit_code
    except StoreError as error:
        say_error(str(error))
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        say_error(f"it cannot be written: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        say_error("interrupted")
        return 1
    except EOFError:  # Ctrl-D where something was asked for
        say_error("nothing was entered")
        return 1


def _let_go(stream: TextIO) -> None:
    """Turn a stream that nobody reads any more to nowhere."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
