"""PHP-FPM's status page over FastCGI, read by the meter."""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.php_fpm import PhpFpmMeter
from wakeful_agent.network import fastcgi

from .conftest import await_true, free_port, program, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

CONFIGURATION = """
[global]
pid = {folder}/fpm.pid
error_log = {folder}/fpm.log
daemonize = no
[www]
user = www-data
group = www-data
listen = {folder}/fpm.sock
pm = dynamic
pm.max_children = 5
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
pm.status_path = /fpm-status
[tcp]
user = www-data
group = www-data
listen = 127.0.0.1:{port}
pm = static
pm.max_children = 1
pm.status_path = /status
[quiet]
user = www-data
group = www-data
listen = {folder}/quiet.sock
pm = static
pm.max_children = 1
"""


def fpm() -> str:
    found = sorted(glob.glob("/usr/sbin/php-fpm*"))
    return found[-1] if found else program("php-fpm8.2")


def test_pools_over_a_socket_and_tcp_found_in_their_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "etc/php/8.2/fpm/pool.d"
    folder.mkdir(parents=True)
    configuration = folder / "pools.conf"
    configuration.write_text(CONFIGURATION.format(folder=tmp_path, port=free_port()))
    script = tmp_path / "script.php"
    script.write_text(f"<?php touch('{tmp_path}/was-run'); echo 'run';")
    tmp_path.chmod(0o777)
    host = Host(str(tmp_path))
    meter = PhpFpmMeter()
    with running([fpm(), "-y", str(configuration)], log=tmp_path / "php.log"):
        await_true((tmp_path / "quiet.sock").exists, "php-fpm")
        assert [target.name for target in meter.usual(host)] == ["www (8.2)", "tcp (8.2)"]
        meter.read(host, 0)
        reading = meter.read(host, 1)
        assert fastcgi.ask(f"unix:{tmp_path}/quiet.sock", "/status", "json", 5).status == 404
        assert fastcgi.ask(f"unix:{tmp_path}/quiet.sock", str(script), "", 5).status in {403, 404}
    found = {(one.name, *dict(one.labels).values()): value for one, value in zip(reading.series, reading.values)}
    assert found["php_fpm.up", "www (8.2)"] == found["php_fpm.up", "tcp (8.2)"] == 1
    assert found["php_fpm.connections.accepted", "www (8.2)"] == 2
    assert found["php_fpm.processes", "active", "tcp (8.2)"] == 1
    assert (found["php_fpm.processes", "active", "www (8.2)"] or 0) >= 1
    assert found["php_fpm.queue.length", "www (8.2)"] == 0
    assert [row["pool"] for row in reading.inventories["php_fpm"]] == ["www", "tcp"]
    assert not (tmp_path / "was-run").exists(), "no script is ever run by asking"
