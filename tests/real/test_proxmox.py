"""A fake Proxmox VE that others wrote (fakepve), over TLS with its own certificate: its API is not of our making."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meters.proxmox import ProxmoxMeter

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
TOKEN = "root@pam!wakeful"
SECRET = "0a1b2c3d-0000-4000-8000-000000000000"


@pytest.fixture
def meter(fakepve: Any, fakepve_url: str, fakepve_cafile: str, tmp_path: Path) -> ProxmoxMeter:
    fakepve.apitokens[TOKEN] = SECRET
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}={SECRET}\n")
    token.chmod(0o600)
    made = ProxmoxMeter()
    made.configure({"url": fakepve_url, "token_file": str(token), "ca_file": fakepve_cafile})
    return made


def test_a_node_with_guests(fakepve: Any, meter: ProxmoxMeter) -> None:
    fakepve.add_vm(100, "web", status="running")
    fakepve.add_vm(101, "off")
    fakepve.add_ct(200, "db", status="running")
    found = meter.read(Host(), 0)
    assert found.trouble is None
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(found.series, found.values)}
    assert values["proxmox.cluster.quorate",] == 1
    assert values["proxmox.node.up", "pve1"] == 1
    assert values["proxmox.guest.up", "100", "qemu", "web"] == 1
    assert values["proxmox.guest.up", "101", "qemu", "off"] == 0
    assert values["proxmox.guest.disk.limit", "200", "lxc", "db"] == 8 << 30
    assert values["proxmox.storage.up", "local-lvm"] == 1
    assert len(found.inventories["proxmox_guests"]) == 3


def test_a_cluster_that_lost_its_quorum(fakepve: Any, meter: ProxmoxMeter) -> None:
    fakepve.lose_quorum()
    found = meter.read(Host(), 0)
    values = {one.name: value for one, value in zip(found.series, found.values) if not one.labels}
    assert values["proxmox.cluster.quorate"] == 0


def test_a_wrong_token_is_refused(fakepve: Any, meter: ProxmoxMeter) -> None:
    fakepve.apitokens[TOKEN] = "another"
    trouble = meter.read(Host(), 0).trouble
    assert isinstance(trouble, Denied)
    assert SECRET not in str(trouble)


def test_a_certificate_nobody_vouches_for_is_refused(meter: ProxmoxMeter) -> None:
    meter.configure({**meter.chosen, "ca_file": ""})
    trouble = meter.read(Host(), 0).trouble
    assert isinstance(trouble, HostError)
    assert "certificate" in str(trouble).lower()
