"""A Ceph monitor of our own, without OSDs, in a folder of the test."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meters import ceph
from wakeful_agent.meters.ceph import CephMeter

from .conftest import await_true, free_port, program, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

FSID = "9d4c2f0a-0000-4f6e-9b7a-000000000001"
CONFIGURATION = """[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{port}
keyring = {folder}/keyring
run dir = {folder}
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
log file = {folder}/$name.log
ms bind msgr2 = false
mon data avail warn = 1
[mon.a]
mon data = {folder}/mon
"""


def make_monitor(folder: Path, port: int) -> list[str]:
    """Make the keys, the map and the store of a monitor, and give the command that runs it."""
    configuration = folder / "etc/ceph/ceph.conf"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(CONFIGURATION.format(fsid=FSID, port=port, folder=folder))
    (folder / "mon").mkdir()
    keyring, plan = str(folder / "keyring"), str(folder / "monmap")
    monitor = [program("ceph-mon"), "-c", str(configuration), "-i", "a"]
    authority = program("ceph-authtool")
    for command in (
        [authority, "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"],
        [authority, keyring, "--gen-key", "-n", "client.admin", "--cap", "mon", "allow *"],
        [program("monmaptool"), "--create", "--addv", "a", f"[v1:127.0.0.1:{port}]", "--fsid", FSID, plan],
        [*monitor, "--mkfs", "--monmap", plan, "--keyring", keyring],
    ):
        subprocess.run(command, check=True, capture_output=True)
    client = folder / "bin/ceph"
    client.parent.mkdir()
    client.write_text(f'#!/bin/sh\nCEPH_CONF={configuration} exec {program("ceph")} "$@"\n')
    client.chmod(0o755)
    return [*monitor, "-f"]


def state_of(host: Host) -> Any:
    try:
        return CephMeter().read(host, 0)
    except HostError:
        return None


def test_a_monitor_tells_its_cluster_and_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceph, "_SECONDS", 4.0)
    host = Host(str(tmp_path), programs=(str(tmp_path / "bin"),))
    with running(make_monitor(tmp_path, free_port()), dict(os.environ), tmp_path / "log"):
        reading = await_true(lambda: state_of(host), "the monitor")
        values = {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}
        assert values["ceph.monitors", "total"] == values["ceph.monitors", "quorum"] == 1
        assert values["ceph.osds", "total"] == 0
        assert values[("ceph.capacity.limit",)] == 0
        assert values[("ceph.capacity.utilization",)] is None
        assert values["ceph.checks", "error"] == 0
        document = reading.inventories["ceph"]
        assert (document["fsid"], document["pools"]) == (FSID, [])
        assert {check["severity"] for check in document["checks"]} <= {"warning"}
        keyring = tmp_path / "keyring"
        keyring.rename(tmp_path / "hidden")
        with pytest.raises(Denied, match=r"ceph says: (auth: unable to find a keyring on|\[errno 95\])"):
            CephMeter().read(host, 0)
        assert CephMeter().probe(host).fix
        (tmp_path / "hidden").rename(keyring)
        assert CephMeter().probe(host).available
    with pytest.raises(HostError, match=r"timed out|did not end within"):
        CephMeter().read(host, 0)
