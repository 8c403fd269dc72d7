"""Arguments of the subcommands, and which module each leads to."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from importlib import import_module

from wakeful_agent.cli.commands import COMMANDS, WATCHES
from wakeful_agent.cli.place import meant
from wakeful_wire import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.cli.commands import Command

_EPILOG = """\
wakeful-agent COMMAND --help explains one, with examples.
exit codes: 0 ok, 1 failure, 2 usage or configuration, 3 changes pending, 4 refused by policy.
folders: CONFIG_DIR (or /etc/wakeful, for others than root ~/.config/wakeful),
STATE_DIR (or /var/lib/wakeful-agent, ~/.local/state/wakeful-agent)."""
_WIDTH_MAX = 100


class Parser(argparse.ArgumentParser):
    """A parser that names the word that was probably meant; its subcommands are of this kind too."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        known = [] if action.choices is None else [str(one) for one in action.choices]
        if known and value not in known:
            text = f"there is no {value!r}{meant(value, known)} (there are: {', '.join(known)})"
            raise argparse.ArgumentError(action, text)


def dispatch(arguments: list[str]) -> int:
    """Run the subcommand the arguments name; return its exit code."""
    parser = make_parser()
    chosen = parser.parse_args(arguments)
    command = "once" if chosen.dry_run else chosen.command
    if command is None:
        parser.print_help()
        return 2
    module = import_module(f"wakeful_agent.cli.{command.replace('-', '_')}")
    code: int = module.main(chosen)
    return code


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="wakeful-agent",
        description="Measures this machine and pushes what it sees to a Wakeful collector.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"wakeful-agent {__version__}")
    parser.add_argument("--dry-run", action="store_true", help="the same as `once`")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    made = {one.name: commands.add_parser(one.name, help=one.line, **explained(one)) for one in COMMANDS}
    for name in ("probe", "doctor", "show-config", "check-config", "self-test"):
        _with_json(made[name])
    _add_enroll(made["enroll"])
    made["doctor"].add_argument(
        "--grants", action="store_true", help="print only what grants the missing rights, to be pasted"
    )
    made["doctor"].add_argument(
        "--sudoers", metavar="NAMES", help="print only the file for sudo that grants these: smart,raid,fail2ban"
    )
    made["show-config"].add_argument(
        "--sample", action="store_true", help="print a whole agent.toml with every setting instead"
    )
    _add_watches(made["watches"])
    _add_update(made["update"])
    return parser


def _add_enroll(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="address of the collector, such as https://host:8800")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--invite", metavar="wk_inv_...", help="the invite (or WAKEFUL_AGENT_INVITE_FILE)")
    secret.add_argument("--invite-file", metavar="FILE", help="file that holds the invite, - for standard input")
    parser.add_argument("--fingerprint", metavar="sha256:...", help="trust exactly this certificate of the collector")
    parser.add_argument("--name", help="name to show up with; the host name if not given")
    parser.add_argument("--again", action="store_true", help="enrol anew although this machine is enrolled")
    parser.add_argument("--run", action="store_true", help="go on as the running agent")


def _add_update(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="origin", metavar="URL|FOLDER", help="where releases are; the collector if not given"
    )
    parser.add_argument("--check", action="store_true", help="only look: 3 when there is a newer one")
    parser.add_argument("--yes", action="store_true", help="answer the question of allow = ask")
    parser.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="how long its first push may take")
    parser.add_argument("--home", metavar="FOLDER", help="where install.sh put the agent, if not the usual place")


def _add_watches(parser: argparse.ArgumentParser) -> None:
    _with_json(parser).set_defaults(what=None)
    whats = parser.add_subparsers(dest="what", metavar="list|pause|resume|maintenance")
    made = {one.name: whats.add_parser(one.name, help=one.line, **explained(one)) for one in WATCHES}
    _with_json(made["list"], argparse.SUPPRESS)
    pause, maintenance, resume = (made[name] for name in ("pause", "maintenance", "resume"))
    for one in (pause, resume):
        one.add_argument("name", metavar="NAME", help="the watch, or all")
    for one in (pause, maintenance):
        one.add_argument("--for", dest="span", metavar="2h", help="how long: 30s, 90m, 2h, 1d")
        one.add_argument("--why", help="what is shown as the reason")


def _with_json(parser: argparse.ArgumentParser, default: object = False) -> argparse.ArgumentParser:
    parser.add_argument("--json", action="store_true", default=default, help="print JSON")
    return parser


def explained(command: Command) -> dict[str, Any]:
    """Return what `add_parser` takes so that a command's `--help` says what it does, with examples."""
    room = max(40, min(shutil.get_terminal_size().columns, _WIDTH_MAX) - 2)
    return {
        "description": textwrap.fill(command.about, room),
        "epilog": "\n".join(["examples:", *(f"  wakeful-agent {words}" for words in command.examples)]),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }
