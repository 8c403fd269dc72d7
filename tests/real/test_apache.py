"""Apache httpd's status page, read by the meter: with the event and the prefork way of working."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.apache import ApacheMeter

from .conftest import await_true, free_port, program, running

if TYPE_CHECKING:
    import pathlib

pytestmark = pytest.mark.real

CONFIGURATION = """
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
DefaultRuntimeDir {folder}
ServerName localhost
Listen 127.0.0.1:{port}
LoadModule mpm_{way}_module {modules}/mod_mpm_{way}.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_host_module {modules}/mod_authz_host.so
LoadModule status_module {modules}/mod_status.so
User www-data
Group www-data
ExtendedStatus On
<Location /server-status>
  SetHandler server-status
  Require local
</Location>
"""


@pytest.mark.parametrize("way", ["event", "prefork"])
def test_requests_and_workers(tmp_path: pathlib.Path, way: str) -> None:
    port = free_port()
    configuration = tmp_path / "apache.conf"
    modules = "/usr/lib/apache2/modules"
    configuration.write_text(CONFIGURATION.format(folder=tmp_path, port=port, way=way, modules=modules))
    url = f"http://127.0.0.1:{port}/server-status"
    meter = ApacheMeter()
    meter.configure({"targets": [f"web={url}"]})
    with running([program("apache2"), "-f", str(configuration), "-DFOREGROUND"], log=tmp_path / "apache.log"):
        await_true(lambda: urllib.request.urlopen(url, timeout=3).status == 200, "apache")
        for _ in range(4):
            urllib.request.urlopen(url, timeout=3).read()
        reading = meter.read(Host(), 0)
    found = {(one.name, *dict(one.labels).values()): value for one, value in zip(reading.series, reading.values)}
    assert found["apache.up", "web"] == 1
    requests, busy, idle = (
        found[key] or 0
        for key in (("apache.requests", "web"), ("apache.workers", "busy", "web"), ("apache.workers", "idle", "web"))
    )
    assert requests >= 4
    assert busy >= 1
    assert idle >= 1
    scores = [value or 0 for key, value in found.items() if key[0] == "apache.scoreboard"]
    assert sum(scores) >= busy + idle
    assert reading.inventories["apache"][0]["mpm"] == way
    assert reading.inventories["apache"][0]["version"].startswith("Apache/2.4")
