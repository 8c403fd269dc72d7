"""serve, web, worker: the processes of the collector."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from wakeful_collector import accounts, clock, config
from wakeful_collector.cli.output import CommandError, coloured, say, say_aside
from wakeful_collector.cli.parser import explained
from wakeful_collector.cli.parts import settings, settings_with_data
from wakeful_collector.read import people as known_people
from wakeful_collector.serving import certificate, lifeline, memory, place
from wakeful_collector.serving.logs import start_logging
from wakeful_collector.serving.notify import notify
from wakeful_collector.serving.sockets import CannotListenError
from wakeful_collector.serving.supervisor import Supervisor

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wakeful_collector.cli.parts import Subparsers
    from wakeful_collector.config import Settings
    from wakeful_collector.worker import Worker


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    serve = subparsers.add_parser(
        "serve",
        parents=[common],
        help="run everything: web server and worker",
        **explained(
            "Runs the web server and the worker until Ctrl-C or SIGTERM, and starts again what dies. On the first "
            "start it prints a link that signs a browser in, once.\n\n"
            "Without settings it listens on this machine alone. For others: --listen with --tls self, or a reverse "
            "proxy in front. SIGHUP makes it read its settings again.",
            "wakeful-collector serve --data ./var",
            "wakeful-collector serve --listen 0.0.0.0:8800 --tls self",
        ),
    )
    serve.add_argument("--listen", metavar="HOST:PORT", help="listen here instead of what the settings say")
    serve.add_argument("--tls", choices=["self"], help="serve HTTPS with a certificate that the collector makes itself")
    serve.add_argument("--quiet", action="store_true", help="print nothing on standard output")
    serve.set_defaults(run=_serve)
    web = subparsers.add_parser(
        "web",
        parents=[common],
        help="run the web server alone, under an init system",
        **explained(
            "One half of `serve`, for init systems that keep the two processes themselves; `worker` is the other. "
            "Without the worker nothing is rolled up, judged or told.",
            "wakeful-collector web --data /var/lib/wakeful",
        ),
    )
    web.add_argument("--listen", metavar="HOST:PORT", help="listen here instead of what the settings say")
    web.add_argument("--fd", type=int, metavar="N", help="serve on this inherited socket")
    web.set_defaults(run=_web)
    worker = subparsers.add_parser(
        "worker",
        parents=[common],
        help="run the background jobs alone",
        **explained(
            "The other half of `serve`: rollups, incidents, messages, the gateway's machines, Proxmox. Run one for a "
            "data folder.",
            "wakeful-collector worker --data /var/lib/wakeful",
        ),
    )
    worker.set_defaults(run=_worker)


def _serve(arguments: argparse.Namespace) -> int:
    return supervise(arguments, {})


def supervise(arguments: argparse.Namespace, companions: Mapping[str, tuple[str, ...]]) -> int:
    """Run web server, worker and `companions` (command lines of this program by name) until told to stop."""
    if not lifeline.tie_if_supervised(os.environ):
        return 1
    if arguments.listen:
        os.environ["WAKEFUL_LISTEN"] = arguments.listen
    chosen = settings_with_data(starts=True)
    if arguments.tls:
        chosen = _with_own_certificate(chosen)
    start_logging(chosen.log_level)
    running = place.running(chosen.data)
    if running is not None:
        raise CommandError(
            f"a collector with this data folder runs already: process {running.pid}, {running.address}; "
            "stop it, or choose another folder with --data"
        )
    try:
        supervisor = Supervisor(settings, dict(os.environ), companions)
    except CannotListenError as error:
        raise CommandError(str(error), 2) from None
    try:
        supervisor.run(lambda: _greet(supervisor, arguments.quiet), lambda: _write_place(supervisor))
    finally:
        place.forget(chosen.data)
    return 0


def _web(arguments: argparse.Namespace) -> int:
    from wakeful_collector.serving.web import WebServer

    if not lifeline.tie_if_supervised(os.environ):
        return 1
    if arguments.listen:
        os.environ["WAKEFUL_LISTEN"] = arguments.listen
    chosen = settings_with_data(starts=True)
    os.environ["WAKEFUL_DATA"] = str(chosen.data)
    start_logging(chosen.log_level)
    WebServer(settings, arguments.fd, lambda: None).run()
    return 0


def _worker(_arguments: argparse.Namespace) -> int:
    from wakeful_collector.worker import JOBS, Worker

    if not lifeline.tie_if_supervised(os.environ):
        return 1
    chosen = settings_with_data(starts=True)
    start_logging(chosen.log_level)
    memory.begin()
    worker = Worker(chosen, JOBS, lambda: notify("WATCHDOG=1"))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    signal.signal(signal.SIGHUP, lambda *_: _reload(worker))
    notify("READY=1", "STATUS=running jobs")
    worker.run()
    return 0


def _reload(worker: Worker) -> None:
    try:
        worker.settings = settings()
    except config.ConfigErrors as errors:
        say_aside(f"settings not reloaded, the old ones stay: {errors}")


def _with_own_certificate(chosen: Settings) -> Settings:
    if chosen.tls_certificate is not None:
        raise CommandError("--tls self is not needed: the settings name a certificate (tls_certificate)", 2)
    names = list(dict.fromkeys([*certificate.names_of_this_machine(), *chosen.hosts_allowed, chosen.listen_host()]))
    certificate_path, key_path = certificate.self_signed(chosen.data / "tls", names, clock.now_ms())
    os.environ["WAKEFUL_TLS_CERTIFICATE"] = str(certificate_path)
    os.environ["WAKEFUL_TLS_KEY"] = str(key_path)
    return settings()


def _greet(supervisor: Supervisor, quiet: bool) -> None:
    here = _write_place(supervisor)
    if quiet:
        return
    chosen = supervisor.settings
    reach = place.reach(chosen, here)
    say(f"{coloured('Wakeful collector', 'bold')} on {reach.url}  (data in {chosen.data})")
    if reach.fingerprint:
        say(f"certificate fingerprint: {reach.fingerprint}")
    if not known_people.users(chosen.data):
        token = accounts.create_signin_link(chosen.data, clock.now_ms())
        say(f"Nobody has signed in yet. This link works once, for one hour:\n  {reach.url}/sign-in/link/{token}")
    sys.stdout.flush()


def _write_place(supervisor: Supervisor) -> place.Place:
    chosen = supervisor.settings
    tls = None if chosen.tls_certificate is None else str(chosen.tls_certificate)
    here = place.Place(os.getpid(), supervisor.address(), tls)
    place.write(chosen.data, here)
    return here
