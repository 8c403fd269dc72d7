"""Arguments of the subcommands, and which module each leads to."""

from __future__ import annotations

import argparse
from importlib import import_module

from wakeful_wire import __version__

_EPILOG = """\
exit codes: 0 ok, 1 failure, 2 usage or configuration, 3 changes pending, 4 refused by policy.
folders: CONFIG_DIR (or /etc/wakeful, for others than root ~/.config/wakeful),
STATE_DIR (or /var/lib/wakeful-agent, ~/.local/state/wakeful-agent)."""


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
    parser = argparse.ArgumentParser(
        prog="wakeful-agent",
        description="Measures this machine and pushes what it sees to a Wakeful collector.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"wakeful-agent {__version__}")
    parser.add_argument("--dry-run", action="store_true", help="the same as `once`")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="run the agent in the foreground until SIGTERM or Ctrl-C")
    commands.add_parser("once", help="measure once and print the push as JSON; sends nothing, needs no enrolment")
    _add_enroll(commands.add_parser("enroll", help="enrol this machine at a collector with an invite"))
    _with_json(commands.add_parser("probe", help="what the agent may do here, and the line that would grant the rest"))
    doctor = _with_json(commands.add_parser("doctor", help="find out what is wrong, and say the way out"))
    doctor.add_argument("--grants", action="store_true", help="print only what grants the missing rights, to be pasted")
    doctor.add_argument(
        "--sudoers", metavar="NAMES", help="print only the file for sudo that grants these: smart,raid,fail2ban"
    )
    shown = _with_json(commands.add_parser("show-config", help="the settings in force and where they come from"))
    shown.add_argument("--sample", action="store_true", help="print a whole agent.toml with every setting instead")
    _with_json(commands.add_parser("check-config", help="check agent.toml and the environment; 2 when wrong"))
    _add_watches(commands.add_parser("watches", help="how what is kept alive stands; pauses and maintenance"))
    _add_update(commands.add_parser("update", help="take a newer release, as far as agent.toml lets it"))
    _with_json(commands.add_parser("self-test", help="what this build holds, and whether it works"))
    return parser


def _add_enroll(parser: argparse.ArgumentParser) -> None:
    parser.description = "Enrols this machine. Starts nothing by itself: give --run to go on as the running agent."
    parser.add_argument("url", metavar="URL", help="address of the collector, such as https://host:8800")
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--invite", metavar="wk_inv_...", help="the invite (or WAKEFUL_AGENT_INVITE_FILE)")
    secret.add_argument("--invite-file", metavar="FILE", help="file that holds the invite, - for standard input")
    parser.add_argument("--fingerprint", metavar="sha256:...", help="trust exactly this certificate of the collector")
    parser.add_argument("--name", help="name to show up with; the host name if not given")
    parser.add_argument("--again", action="store_true", help="enrol anew although this machine is enrolled")
    parser.add_argument("--run", action="store_true", help="go on as the running agent")


def _add_update(parser: argparse.ArgumentParser) -> None:
    parser.description = "Takes a newer release, signed by update.key of agent.toml; goes back where it does not push."
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
    _with_json(whats.add_parser("list", help="how all of them stand"), argparse.SUPPRESS)
    pause = whats.add_parser("pause", help="leave a watch alone")
    maintenance = whats.add_parser("maintenance", help="leave all of them alone, for an hour if --for says nothing")
    resume = whats.add_parser("resume", help="keep a watch alive again")
    for one in (pause, resume):
        one.add_argument("name", metavar="NAME", help="the watch, or all")
    for one in (pause, maintenance):
        one.add_argument("--for", dest="span", metavar="2h", help="how long: 30s, 90m, 2h, 1d")
        one.add_argument("--why", help="what is shown as the reason")


def _with_json(parser: argparse.ArgumentParser, default: object = False) -> argparse.ArgumentParser:
    parser.add_argument("--json", action="store_true", default=default, help="print JSON")
    return parser
