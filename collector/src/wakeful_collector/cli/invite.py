"""invite: one line to paste on the machine that is to be watched."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wakeful_collector.cli.output import say, say_aside, say_json
from wakeful_collector.cli.parser import explained
from wakeful_collector.cli.parts import duration_seconds, operate, settings_with_data
from wakeful_collector.model import release
from wakeful_collector.read import releases
from wakeful_collector.serving import place

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.cli.parts import Subparsers
    from wakeful_collector.config import Settings


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    invite = subparsers.add_parser(
        "invite",
        parents=[common],
        help="print one line to paste on another machine, which then joins",
        **explained(
            "Prints one line. Where this collector has a release of the agent to give, the line installs it too. An "
            "invite works for one machine and 24 hours if nothing else is said; it is a secret until then.",
            "wakeful-collector invite --data ./var",
            "wakeful-collector invite --uses 20 --expires 2h --tag rack-3",
        ),
    )
    invite.add_argument(
        "--expires", type=duration_seconds, default=86_400, metavar="TIME", help="30m, 24h, 7d (default 24h)"
    )
    invite.add_argument("--uses", type=int, default=1, metavar="N", help="machines that may use it (default 1)")
    invite.add_argument("--tag", action="append", default=[], metavar="T", help="tag of the new host; may be repeated")
    invite.add_argument("--json", action="store_true", help="print JSON")
    invite.set_defaults(run=_invite)


def _invite(arguments: argparse.Namespace) -> int:
    chosen = settings_with_data()
    made = operate(
        chosen,
        "invite.create",
        {"hours": arguments.expires / 3_600, "uses": arguments.uses, "tags": arguments.tag},
    )
    reach = place.reach(chosen, place.running(chosen.data))
    words = ["wakeful-agent", "enroll", reach.url, "--invite", made["invite"]]
    if reach.fingerprint:
        words += ["--fingerprint", reach.fingerprint]
    line = shlex.join([*words, "--run"])
    install = _install_line(chosen, reach, made["invite"])
    if reach.loopback_only:
        file, port = chosen.data / "collector.toml", reach.url.rpartition(":")[2]
        say_aside(
            f"warning: {reach.url} can be reached from this machine only. For others set public_url, or listen on an\n"
            f'address of the network (in {file}: listen = "0.0.0.0:{port}"), restart, and make a new invite.'
        )
    if not chosen.public_url and place.running(chosen.data) is None:
        say_aside("note: no collector runs with this data folder now; the line works while one does.")
    if arguments.json:
        say_json({"line": line, "install": install, "url": reach.url, "fingerprint": reach.fingerprint, **made})
    elif install:
        say_aside("Installs the agent and enrols the machine:")
        say(install)
        say_aside(f"Where the agent is there already: {line}")
    else:
        say(line)
    return 0


def _install_line(chosen: Settings, reach: place.Reach, invite: str) -> str | None:
    """Return the line that installs the agent too; None where this collector has no release to give."""
    try:
        return release.install_line(releases.offer(chosen, reach.url), reach.url, invite, reach.fingerprint)
    except releases.NoRelease as error:
        if error.broken:
            say_aside(f"warning: {error}")
        return None
