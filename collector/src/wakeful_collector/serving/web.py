"""The web server: gunicorn with threads, set up here and nowhere else."""

from __future__ import annotations

import ipaddress
import logging
import os
import resource
import ssl
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from wakeful_collector import config
from wakeful_collector.serving import lifeline, memory
from wakeful_collector.serving.logs import UtcFormatter

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.config import Settings

log = logging.getLogger("wakeful.web")
GRACEFUL_SECONDS = 5
OPEN_FILES = 65_536


class PlainLogger(Logger):  # type: ignore[misc] # gunicorn has no types
    """gunicorn's log in the collector's form."""

    def _set_handler(self, log: logging.Logger, output: str | None, _fmt: object, stream: object = None) -> None:
        super()._set_handler(log, output, UtcFormatter(), stream)


def gunicorn_settings(settings: Settings, listener_fd: int | None) -> dict[str, Any]:
    """Return gunicorn's settings; `listener_fd` is an inherited socket, None to bind `settings.listen` itself."""
    chosen = {
        "bind": f"fd://{listener_fd}" if listener_fd is not None else settings.listen,
        "workers": settings.web_workers,
        "threads": settings.web_threads,
        "worker_class": "wakeful_collector.web.push_worker.PushWorker",
        "worker_connections": 10_000,
        "sendfile": False,  # it would wait for a slow reader without end
        "http_parser": "auto",
        "keepalive": 75,
        "timeout": 60,
        "graceful_timeout": GRACEFUL_SECONDS,
        "limit_request_line": 8_190,
        "limit_request_fields": 64,
        "limit_request_field_size": 8_190,
        "forwarded_allow_ips": ",".join(map(_network, settings.trusted_proxies)),
        "secure_scheme_headers": {"X-FORWARDED-PROTO": "https"},
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108 - gunicorn makes a private file there
        "umask": 0o077,
        "accesslog": None,
        "loglevel": "warning" if settings.log_level == "info" else settings.log_level,
        "logger_class": PlainLogger,
        "proc_name": "wakeful-collector web",
        "post_fork": _begin,
    }
    if settings.tls_certificate is not None:
        chosen |= {
            "certfile": str(settings.tls_certificate),
            "keyfile": str(settings.tls_key),
            "ssl_context": _tls_context,
            "do_handshake_on_connect": False,
        }
    return chosen


class WebServer(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """gunicorn around `wakeful_collector.wsgi`, with settings read by `read` at start and at each reload."""

    def __init__(self, read: Callable[[], Settings], listener_fd: int | None, ready: Callable[[], object]) -> None:
        self.read = read
        self.listener_fd = listener_fd
        self.ready = ready
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings over to gunicorn."""
        for name, value in gunicorn_settings(self.read(), self.listener_fd).items():
            self.cfg.set(name, value)
        self.cfg.set("when_ready", self._when_ready)

    def load(self) -> Any:
        """Import the application; each request process does so for itself, with the settings of that moment."""
        from wakeful_collector import wsgi

        return wsgi.application

    def run(self) -> None:
        """Serve until a signal ends it."""
        allow_many_connections()
        CarefulArbiter(self).run()

    def _when_ready(self, _arbiter: Arbiter) -> None:
        self.ready()


class CarefulArbiter(Arbiter):  # type: ignore[misc] # gunicorn has no types
    """gunicorn's master that keeps the old settings when the new ones are wrong."""

    def handle_hup(self) -> None:
        """Reload, unless the settings have become wrong: then say so and go on as before."""
        try:
            self.app.read()
        except config.ConfigErrors as errors:
            log.error("settings not reloaded, the old ones stay: %s", errors)
            return
        super().handle_hup()


def allow_many_connections() -> int:
    """Raise this process's limit of open files as far as the system lets it; return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def _network(text: str) -> str:
    """Return an address or network as gunicorn takes it: 10.0.0.9/8 is 10.0.0.0/8."""
    return str(ipaddress.ip_network(text, strict=False)) if "/" in text else text


def _begin(arbiter: Arbiter, _worker: object) -> None:
    if not lifeline.tie_to_parent(arbiter.pid):
        raise SystemExit(0)
    memory.begin()


def _tls_context(_config: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
