"""nginx's own status page, read by the meter."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.nginx import NginxMeter

from .conftest import await_true, free_port, program, running
from .ground import nginx_configuration

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

SERVER = """
    server {{
        listen 127.0.0.1:{port};
        location = /nginx_status {{ stub_status; }}
        location = /secret {{ deny all; }}
        location / {{ return 200 "hello"; }}
    }}
"""


def test_requests_are_counted_and_a_server_that_ends_is_down(tmp_path: Path) -> None:
    port = free_port()
    configuration = nginx_configuration(tmp_path, SERVER.format(port=port))
    url = f"http://127.0.0.1:{port}"
    meter = NginxMeter()
    meter.configure({"targets": [f"web={url}/nginx_status", f"shut={url}/secret", f"other={url}/"]})
    with running([program("nginx"), "-c", str(configuration), "-p", str(tmp_path)], log=tmp_path / "nginx.log"):
        await_true(lambda: urllib.request.urlopen(url, timeout=3).status == 200, "nginx")
        first = values(meter)
        for _ in range(5):
            urllib.request.urlopen(url, timeout=3).read()
        second = values(meter)
    assert first["nginx.up", "web"] == 1
    assert second["nginx.requests", "web"] - first["nginx.requests", "web"] >= 6
    assert second["nginx.connections_accepted", "web"] == second["nginx.connections_handled", "web"] > 5
    assert second["nginx.connections_current", "active", "web"] >= 1
    assert second["nginx.up", "shut"] is None, "it refuses us: neither up nor down"
    assert second["nginx.up", "other"] == 0
    last = values(meter)
    assert last["nginx.up", "web"] == 0
    assert last["nginx.requests", "web"] is None


def values(meter: NginxMeter) -> dict[tuple[str, ...], float | None]:
    reading = meter.read(Host(), 0)
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(reading.series, reading.values)}
