"""`serve`: one listening socket, a web server and a worker that are both kept alive, and one signal to end it all."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING

from wakeful_collector import clock, config
from wakeful_collector.serving import lifeline
from wakeful_collector.serving.children import Child, stop_all
from wakeful_collector.serving.notify import notify
from wakeful_collector.serving.sockets import CannotListenError, listen_on
from wakeful_collector.settings_kinds import split_address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    from wakeful_collector.config import Settings

log = logging.getLogger("wakeful.serve")

PATIENCE_SECONDS = 8.0
GLANCE_SECONDS = 0.25


class Supervisor:
    """Keeps web and worker alive until it is told to stop.

    `read` returns the settings in force and is asked again on SIGHUP; `environ` is what the children get;
    `companions` are more command lines of this program to keep alive, by name.
    """

    def __init__(
        self, read: Callable[[], Settings], environ: dict[str, str], companions: Mapping[str, Sequence[str]]
    ) -> None:
        self.read = read
        self.settings = read()
        self.environ = environ | {lifeline.PARENT_VARIABLE: str(os.getpid())}
        self.environ.pop("NOTIFY_SOCKET", None)
        self.listener = listen_on(self.settings.listen)
        self._heard, self._hears = socket.socketpair()  # what a signal's handler may write to, wherever it interrupts
        self._hears.setblocking(False)
        self.worker = Child("worker", self._argv("worker"), self.environ)
        self.companions = [Child(name, self._argv(*words), self.environ) for name, words in companions.items()]
        self.web = self._web()
        self._moved: Callable[[], object] = lambda: None

    def address(self) -> str:
        """Return `host:port` that is really listened on (a port of 0 was chosen by the kernel)."""
        host, port = self.listener.getsockname()[:2]
        return f"[{host}]:{port}" if self.listener.family == socket.AF_INET6 else f"{host}:{port}"

    def run(self, started: Callable[[], object], moved: Callable[[], object]) -> None:
        """Run until SIGTERM or SIGINT; call `started` once the children have been started, `moved` after a reload."""
        self._moved = moved
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)
        self._tend()
        notify("READY=1", f"STATUS=listening on {self.address()}", f"MAINPID={os.getpid()}")
        started()
        try:
            while self._hear_out():
                self._tend()
                notify("WATCHDOG=1")
        finally:
            notify("STOPPING=1")
            stop_all([self.web, self.worker, *self.companions], PATIENCE_SECONDS)
            self.listener.close()

    def _tend(self) -> None:
        now = clock.monotonic_seconds()
        for child in (self.worker, self.web, *self.companions):
            child.tend(now)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):  # as many are waiting already
            self._hears.send(bytes([number]))

    def _hear_out(self) -> bool:
        if not select.select([self._heard], [], [], GLANCE_SECONDS)[0]:
            return True
        if self._heard.recv(1)[0] != signal.SIGHUP:
            return False
        self._reload()
        return True

    def _reload(self) -> None:
        notify("RELOADING=1")
        try:
            fresh = self.read()
            moved = self._listen_elsewhere(fresh.listen) if fresh.listen != self.settings.listen else None
        except (config.ConfigErrors, CannotListenError) as error:
            log.error("settings not reloaded, the old ones stay: %s", error)
            notify("READY=1")
            return
        self.settings = fresh
        logging.getLogger().setLevel(fresh.log_level.upper())
        self.worker.signal(signal.SIGHUP)
        if moved is None:
            self.web.signal(signal.SIGHUP)
        else:
            self._move(moved)
        self._moved()
        notify("READY=1", f"STATUS=listening on {self.address()}")
        log.info("settings reloaded, listening on %s", self.address())

    def _listen_elsewhere(self, address: str) -> socket.socket:
        """Return a socket at another address; where that has the port of the old one, the old one goes first.

        Raises CannotListenError, and then the old address is listened on as before.
        """
        if split_address(address)[1] != self.listener.getsockname()[1]:
            return listen_on(address)
        before = self.address()
        stop_all([self.web], PATIENCE_SECONDS)
        self.listener.close()
        try:
            return listen_on(address)
        except CannotListenError:
            self.listener = listen_on(before)
            self.web = self._web()
            raise

    def _move(self, moved: socket.socket) -> None:
        stop_all([self.web], PATIENCE_SECONDS)
        self.listener.close()
        self.listener = moved
        self.web = self._web()

    def _web(self) -> Child:
        descriptor = self.listener.fileno()
        return Child("web", self._argv("web", "--fd", str(descriptor)), self.environ, (descriptor,))

    @staticmethod
    def _argv(*words: str) -> list[str]:
        return [sys.executable, "-m", "wakeful_collector", *words]
