"""VictoriaMetrics beside Wakeful: the same samples imported, the same questions asked."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
import urllib.parse
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = "victoria-metrics"


class Peer:
    """A VictoriaMetrics of its own on loopback, as Debian packages it, with all its caches."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        arguments = [f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{self.port}", "-retentionPeriod=2"]
        self.process = subprocess.Popen([PROGRAM, *arguments, "-loggerLevel=ERROR"], stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                ask(self.port, "/health")
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("VictoriaMetrics does not answer")

    def settle(self) -> None:
        """Have what was imported searchable and merged, as it would be in the end."""
        ask(self.port, "/internal/force_flush")
        ask(self.port, "/internal/force_merge")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def ask(port: int, path: str, body: bytes | None = None) -> bytes:
    """Ask once on a connection of its own; raise OSError when nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET" if body is None else "POST", path, body)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise SystemExit(f"{path}: {answer.status}")
    return content


def import_history(port: int, host: str, columns, times, values) -> None:
    """Hand over one host's ticks: `values` has a row a tick and a column a series."""
    stamps = msgspec.json.encode(times.tolist())
    lines = [
        b'{"metric":%s,"values":%s,"timestamps":%s}\n'
        % (
            msgspec.json.encode({"__name__": _name(one.name), "host": host, **dict(one.labels)}),
            msgspec.json.encode(values[:, at].tolist()),
            stamps,
        )
        for at, one in enumerate(columns)
    ]
    ask(port, "/api/v1/import", b"".join(lines))


def chart(host: str, name: str | None, seconds: int, points: int, now: float) -> str:
    """Return the path of a chart: one metric of a host, or all of them where None."""
    chosen = f'{{host="{host}"}}' if name is None else f'{_name(name)}{{host="{host}"}}'
    asked = {"query": chosen, "start": now - seconds, "end": now, "step": max(60, seconds // points)}
    return "/api/v1/query_range?" + urllib.parse.urlencode(asked)


def newest(name: str) -> str:
    """Return the path of the newest value of a metric on all hosts."""
    return "/api/v1/query?" + urllib.parse.urlencode({"query": _name(name)})


def _name(name: str) -> str:
    return name.replace(".", "_")
