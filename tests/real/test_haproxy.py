"""HAProxy's statistics, over its socket and over http, read by the meter."""

from __future__ import annotations

import http.server
import threading
import urllib.request
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.haproxy import HaproxyMeter

from .conftest import await_true, free_port, program, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

CONFIGURATION = """
global
    stats socket {folder}/ha.sock mode 600 level user
    maxconn 100
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:{port}
    stats enable
    stats uri /stats
    default_backend app
backend app
    server good 127.0.0.1:{good} check inter 100ms fall 1
    server gone 127.0.0.1:{gone} check inter 100ms fall 1
"""


class Good(http.server.BaseHTTPRequestHandler):
    """Answers."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        return


def test_proxies_and_servers(tmp_path: Path) -> None:
    port, gone = free_port(), free_port()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Good) as good:
        threading.Thread(target=good.serve_forever, args=(0.02,), daemon=True).start()
        configuration = tmp_path / "haproxy.cfg"
        configuration.write_text(
            CONFIGURATION.format(folder=tmp_path, port=port, good=good.server_address[1], gone=gone)
        )
        meter = HaproxyMeter()
        url = f"http://127.0.0.1:{port}"
        meter.configure({"targets": [f"lb=unix:{tmp_path}/ha.sock", f"page={url}/stats"]})
        with running([program("haproxy"), "-db", "-f", str(configuration)], log=tmp_path / "haproxy.log"):
            await_true(lambda: urllib.request.urlopen(url, timeout=3).status == 200, "haproxy")
            await_true(
                lambda: values(meter)["haproxy.status", "app", "gone", "lb"] == 0, "the check of a server that is gone"
            )
            found = values(meter)
        good.shutdown()
    assert found["haproxy.up", "lb"] == found["haproxy.up", "page"] == 1
    for target in ("lb", "page"):
        assert found["haproxy.status", "web", "FRONTEND", target] == 1
        assert found["haproxy.status", "app", "good", target] == 1
        assert found["haproxy.servers", "app", "active", "BACKEND", target] == 1
        assert (found["haproxy.responses.total", "app", "good", "2xx", target] or 0) >= 1
    assert found["haproxy.connections.limit", "lb"] == 100
    assert 0 <= (found["haproxy.idle", "lb"] or 0) <= 1
    assert (found["haproxy.connections.total", "lb"] or 0) >= 1


def values(meter: HaproxyMeter) -> dict[tuple[str, ...], float | None]:
    reading = meter.read(Host(), 0)
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(reading.series, reading.values)}
