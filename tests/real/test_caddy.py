"""Caddy's admin API, over TCP and over a unix socket, read by the meter."""

from __future__ import annotations

import contextlib
import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.caddy import CaddyMeter

from .conftest import await_true, free_port, program, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

CONFIGURATION = """
{{
    admin {admin}
    servers {{
        metrics
    }}
}}
http://127.0.0.1:{port} {{
    handle /api/* {{
        reverse_proxy 127.0.0.1:{gone}
    }}
    handle {{
        respond "hello"
    }}
}}
"""


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_requests_and_upstreams(tmp_path: Path, kind: str) -> None:
    port, gone, admin_port = free_port(), free_port(), free_port()
    target = f"http://127.0.0.1:{admin_port}" if kind == "tcp" else f"unix:{tmp_path}/admin.sock"
    admin = f"127.0.0.1:{admin_port}" if kind == "tcp" else f"unix/{tmp_path}/admin.sock"
    configuration = tmp_path / "Caddyfile"
    configuration.write_text(CONFIGURATION.format(admin=admin, port=port, gone=gone))
    command = [program("caddy"), "run", "--config", str(configuration), "--adapter", "caddyfile"]
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    meter = CaddyMeter()
    meter.configure({"targets": [f"caddy={target}"]})
    url = f"http://127.0.0.1:{port}/"
    with running(command, environment, tmp_path / "caddy.log"):
        await_true(lambda: urllib.request.urlopen(url, timeout=3).status == 200, "caddy")
        for path in ("", "", "api/x"):
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(url + path, timeout=3).read()
        reading = meter.read(Host(), 0)
    found = {(one.name, *dict(one.labels).values()): value for one, value in zip(reading.series, reading.values)}
    assert found["caddy.up", "caddy"] == 1, reading.inventories
    assert max(value or 0 for key, value in found.items() if key[0] == "caddy.requests") >= 4
    assert max(value or 0 for key, value in found.items() if key[0] == "caddy.requests.failed") >= 1
    assert found["caddy.upstream.requests", "caddy", f"127.0.0.1:{gone}"] == 0
    assert ("caddy.upstream.up", "caddy", f"127.0.0.1:{gone}") in found
    assert (found["caddy.memory.usage", "caddy"] or 0) > 1_000_000
    assert reading.inventories["caddy"][0]["requests_counted"] == "yes"
