"""demo: a sample fleet with a past, kept alive, so that anybody can see the product before installing an agent."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.cli import processes
from wakeful_collector.cli.output import CommandError, say, say_aside, say_json
from wakeful_collector.cli.parser import explained
from wakeful_collector.cli.parts import settings_with_data
from wakeful_collector.read import hosts
from wakeful_collector.serving import lifeline, place
from wakeful_collector.serving.logs import start_logging

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.cli.parts import Subparsers
    from wakeful_collector.config import Settings

HOSTS_MAX = 5_000
DAYS_MAX = 60


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    demo = subparsers.add_parser(
        "demo",
        parents=[common],
        help="fill an empty data folder with a sample fleet, and drive it live",
        **explained(
            "Machines with a past, some of them in trouble, and everything the pages can show; they do as they are "
            "asked. It needs no network, and refuses a folder that holds real machines. Ctrl-C stops, and the same "
            "command goes on from there.",
            "wakeful-collector demo --data ./demo",
            "wakeful-collector demo --data ./demo --hosts 40 --days 3 --listen 127.0.0.1:8801",
        ),
    )
    demo.add_argument("--hosts", type=int, default=200, metavar="N", help="machines (default 200)")
    demo.add_argument("--days", type=int, default=14, metavar="N", help="days of past (default 14)")
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="another number gives another fleet (default 1)")
    demo.add_argument("--no-live", action="store_true", help="only fill the folder")
    demo.add_argument("--listen", metavar="HOST:PORT", help="listen here instead of what the settings say")
    demo.add_argument("--drive", action="store_true", help="only drive a fleet that was filled, without a server")
    demo.add_argument("--json", action="store_true", help="print JSON once it is filled")
    demo.set_defaults(run=_demo, tls=None, quiet=False)


def _demo(arguments: argparse.Namespace) -> int:
    if arguments.drive:
        return _drive()
    if not 1 <= arguments.hosts <= HOSTS_MAX or not 1 <= arguments.days <= DAYS_MAX:
        raise CommandError(f"--hosts goes from 1 to {HOSTS_MAX}, --days from 1 to {DAYS_MAX}", 2)
    if arguments.listen:
        os.environ["WAKEFUL_LISTEN"] = arguments.listen
    chosen = settings_with_data(starts=True)
    _fill(arguments, chosen)
    if arguments.no_live:
        return 0
    if place.running(chosen.data) is not None:
        say_aside("A collector serves this folder already; driving the fleet. Ctrl-C stops.")
        return _drive()
    return processes.supervise(arguments, {"demo": ("demo", "--drive")})


def _fill(arguments: argparse.Namespace, chosen: Settings) -> None:
    from wakeful_collector.demo import filling, story

    if story.read(chosen.data) is not None:
        say_aside(f"{chosen.data} holds a sample fleet already; it goes on from where it stopped.")
        return
    if story.is_unfinished(chosen.data):
        raise CommandError(
            f"a sample fleet was begun in {chosen.data} and interrupted; remove that folder, then run this again"
        )
    if hosts.hosts(chosen.data):
        raise CommandError(
            f"{chosen.data} holds real machines; a sample fleet needs a folder of its own: --data DIR", 4
        )
    began = clock.monotonic_seconds()
    made = filling.fill(
        chosen.data, arguments.hosts, arguments.days, arguments.seed, clock.now_ms(), _Progress(arguments)
    )
    seconds = clock.monotonic_seconds() - began
    if arguments.json:
        say_json({"hosts": made.hosts, "days": made.days, "seed": made.seed, "seconds": round(seconds, 1)})
    else:
        say(f"{made.hosts} machines with {made.days} days of past are in {chosen.data}, made in {seconds:.0f} s.")


def _drive() -> int:
    from wakeful_collector.demo import driving, story

    if not lifeline.tie_if_supervised(os.environ):
        return 1
    chosen = settings_with_data(starts=True)
    start_logging(chosen.log_level)
    held = story.read(chosen.data)
    if held is None:
        raise CommandError(f"{chosen.data} holds no sample fleet; make one: wakeful-collector demo")
    driving.drive(chosen.data, held)
    return 0


class _Progress:
    """Says on a terminal how far the filling is; silent elsewhere."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.hosts = arguments.hosts
        self.shown = sys.stderr.isatty() and not arguments.json

    def __call__(self, done: int) -> None:
        if self.shown:
            end = "\n" if done == self.hosts else ""
            print(f"\rfilling: {done} of {self.hosts} machines", end=end, file=sys.stderr, flush=True)
