"""The real wg over tunnels that shake hands, in the kernel or in wireguard-go, in a network of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from .conftest import program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.root]

SCRIPT = r"""
set -eu
umask 077
mount -t tmpfs none /run
ip link set lo up
for device in wg0 wg1; do
    ip link add "$device" type wireguard 2>/dev/null || wireguard-go "$device" >/dev/null 2>&1
    wg genkey > "/run/$device.key"
done
wg genpsk > /run/shared
first=$(wg pubkey < /run/wg0.key)
second=$(wg pubkey < /run/wg1.key)
ip link set wg0 up
ip link set wg1 up
wg set wg1 private-key /run/wg1.key listen-port 51922 peer "$first" preshared-key /run/shared allowed-ips 10.9.0.0/24
wg set wg0 private-key /run/wg0.key listen-port 51921 peer "$second" preshared-key /run/shared \
    allowed-ips 10.9.1.0/24,fd00:9::/64 endpoint 127.0.0.1:51922 persistent-keepalive 1
cat /run/wg0.key /run/wg1.key /run/shared > "$1/secrets"
echo "$second" > "$1/peer"
exec "$2" "$1/measure.py"
"""
MEASURE = """
import json, sys, time
from wakeful_agent.host.files import Host
from wakeful_agent.runner import Runner
from wakeful_agent.meters.wireguard import WireguardMeter

runner = Runner(Host(user_id=0), [WireguardMeter()])
for _ in range(400):
    now_ms = int(time.time() * 1000)
    result = runner.collect(now_ms).results["wireguard"]
    found = {json.dumps([one.name, dict(one.labels)]): value for one, value in zip(result.series, result.values)}
    if sum(value for name, value in found.items() if "peers.connected" in name) == 2:
        break
    time.sleep(0.1)
runner.close()
print(json.dumps([result.outcome, result.error, found, result.inventories]))
"""


def test_real_tunnels_and_none_of_their_secrets(tmp_path: Path) -> None:
    for name in ("wg", "ip", "unshare", "wireguard-go"):
        program(name)
    (tmp_path / "up.sh").write_text(SCRIPT)
    (tmp_path / "measure.py").write_text(MEASURE)
    # With the namespace of processes everything in it ends, wireguard-go too.
    command = ["unshare", "-n", "-m", "-p", "--fork", "--kill-child", "--mount-proc"]
    begun = time.time()
    ran = subprocess.run(
        [*command, "sh", str(tmp_path / "up.sh"), str(tmp_path), sys.executable],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ran.returncode == 0, ran.stderr
    outcome, error, found, inventories = json.loads(ran.stdout)
    assert outcome == "ok", error
    peer = (tmp_path / "peer").read_text().strip()
    labels = {"device": "wg0", "peer": peer}
    by_name = {(json.loads(name)[0], *sorted(json.loads(name)[1].values())): value for name, value in found.items()}
    assert by_name["wireguard.peers", "wg0"] == by_name["wireguard.peers.connected", "wg0"] == 1
    assert by_name[("wireguard.peer.io", *sorted([*labels.values(), "transmit"]))] >= 148, "a handshake has that many"
    assert by_name[("wireguard.peer.io", *sorted([*labels.values(), "receive"]))] >= 92
    assert 0 <= by_name[("wireguard.peer.handshake.age", *sorted(labels.values()))] < time.time() - begun + 2
    (row,) = [row for row in inventories["wireguard"]["peers"] if row["device"] == "wg0"]
    assert (row["peer"], row["endpoint"]) == (peer, "127.0.0.1:51922")
    assert sorted(row["networks"]) == ["10.9.1.0/24", "fd00:9::/64"]
    secrets = (tmp_path / "secrets").read_text().split()
    assert len(secrets) == 3
    assert not [secret for secret in secrets if secret in ran.stdout + ran.stderr]
