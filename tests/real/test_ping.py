"""ICMP by the kernel itself, in a network namespace of its own: where the group may, and where it may not."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from .conftest import program

pytestmark = [pytest.mark.real, pytest.mark.root]

PROBE = """
import json, socket, sys
from wakeful_agent.host.files import Host
from wakeful_agent.meters.ping import PingMeter
meter = PingMeter()
with socket.create_server(("127.0.0.1", 0)) as door:
    targets = ["v4=127.0.0.1:1", "v6=[::1]:1", f"door=127.0.0.1:{door.getsockname()[1]}", "gone=192.0.2.1"]
    meter.configure({"targets": targets, "count": 2, "timeout_seconds": 2.0})
    reading = meter.read(Host(), 0)
found = {" ".join([one.name, *dict(one.labels).values()]): value for one, value in zip(reading.series, reading.values)}
print(json.dumps({"values": found, "rows": reading.inventories["ping"], "probe": meter.probe(Host())}))
"""


def pinged(group_range: str) -> Any:
    """Run the meter where loopback is all there is of a network, with `group_range` for who may ping."""
    setting = f"echo {group_range} > /proc/sys/net/ipv4/ping_group_range"
    command = f'ip link set lo up && {setting} && exec "$0" -c "$1"'
    words = [program("unshare"), "--net", "--", "sh", "-c", command, sys.executable, PROBE]
    run = subprocess.run(words, capture_output=True, text=True, timeout=90)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_icmp_where_it_is_allowed() -> None:
    program("ip")
    found = pinged('"0 2147483647"')
    values = found["values"]
    for target in ("v4", "v6", "door"):
        assert values[f"ping.up {target}"] == 1
        assert values[f"ping.loss icmp {target}"] == values[f"ping.loss tcp {target}"] == 0
        for protocol in ("icmp", "tcp"):
            least, mean, most = (
                values[f"ping.latency {kind} {protocol} {target}"] for kind in ("least", "mean", "most")
            )
            assert 0 < least <= mean <= most < 2.0
    assert values["ping.up gone"] == 0
    assert values["ping.loss icmp gone"] == values["ping.loss tcp gone"] == 1
    assert found["rows"][0]["icmp"] == "used"
    assert found["probe"][1:3] == [True, "4 targets"]


def test_tcp_alone_where_it_is_not() -> None:
    program("ip")
    found = pinged('"1 0"')
    assert found["values"]["ping.up v4"] == 1, "a refusal is an answer"
    assert found["values"]["ping.up gone"] == 0
    assert not [name for name in found["values"] if "icmp" in name]
    assert found["rows"][0]["icmp"] == "not allowed"
    assert "ping_group_range" in found["probe"][3]
