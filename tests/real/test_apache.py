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

    from wakeful_agent.meter import Reading

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
        # Its processes tell their figures a moment after they answered, and start one after the other.
        await_true(lambda: told(meter), "workers that tell of requests")
        reading = meter.read(Host(), 0)
    found = values(reading)
    assert found["apache.up", "web"] == 1
    busy, idle = found["apache.workers", "busy", "web"] or 0, found["apache.workers", "idle", "web"] or 0
    scores = [value or 0 for key, value in found.items() if key[0] == "apache.scoreboard"]
    assert sum(scores) >= busy + idle
    assert reading.inventories["apache"][0]["mpm"] == way
    assert reading.inventories["apache"][0]["version"].startswith("Apache/2.4")


def values(reading: Reading) -> dict[tuple[str, ...], float | None]:
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(reading.series, reading.values)}


def told(meter: ApacheMeter) -> bool:
    found = values(meter.read(Host(), 0))
    least = {("apache.workers", "busy", "web"): 1, ("apache.workers", "idle", "web"): 1, ("apache.requests", "web"): 4}
    return all((found.get(key) or 0) >= value for key, value in least.items())
