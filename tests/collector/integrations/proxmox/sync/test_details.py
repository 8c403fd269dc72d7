"""Guests asked for their settings, one request each, and what becomes of those that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.sync import details
from wakeful_collector.integrations.proxmox.sync.details import Asked
from wakeful_collector.model.estate import Guest

from .looks import paths

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .looks import Looks


def guest(vmid: int = 100, kind: str = "qemu", **more: object) -> Guest:
    return Guest("home", vmid, kind, node="pve1", status="running", **more)  # type: ignore[arg-type]  # fields by name


def test_a_guest_is_read_thoroughly(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"cores": 2, "meta": "ctime=5"}, pending={"cores": "4"})
    client = opening.client(looks.data, "home")
    client.post("/nodes/pve1/qemu/100/snapshot", snapname="s1")
    before = len(pve.requests())

    found = details.guest(client, guest(), 7, thorough=True)

    assert (found.config["cores"], found.pending["cores"], found.wanted["cores"]) == ("2", "4", "4")
    assert [one.name for one in found.snapshots] == ["s1"]
    assert found.current_snapshot == "s1"
    assert len(found.digest) == 40
    assert (found.mark, found.config_state, found.config_seen_ms) == ("ctime:5", "seen", 7)
    assert len(pve.requests(before)) == 3


def test_a_guest_that_was_read_before_costs_one_request(looks: Looks, pve: FakeCluster) -> None:
    pve.ct(200, "db", config={"hostname": "db"})
    client = opening.client(looks.data, "home")
    known = details.guest(client, guest(200, "lxc"), 7, thorough=True)
    before = len(pve.requests())

    found = details.guest(client, known, 8, known, thorough=False)

    assert paths(pve.requests(before)) == ["/nodes/pve1/lxc/200/pending"]
    assert found.digest == known.digest
    assert found.config_seen_ms == 8


def test_a_digest_that_pve_tells_among_the_settings_is_taken_and_spares_a_request(
    looks: Looks, pve: FakeCluster
) -> None:
    pve.vm(100, "web")
    rows = [{"key": "cores", "value": 2}, {"key": "digest", "value": "d" * 40}]
    pve.answer("GET /nodes/pve1/qemu/100/pending", rows)
    client = opening.client(looks.data, "home")

    found = details.guest(client, guest(), 7, guest(config_seen_ms=1, config={"cores": "1"}), thorough=True)

    assert found.digest == "d" * 40
    assert not any(one.endswith(("/config", "/snapshot")) for one in paths(pve.requests()))


def test_a_guest_that_is_not_there_is_missing(looks: Looks) -> None:
    with pytest.raises(PveError) as raised:
        details.guest(opening.client(looks.data, "home"), guest(999), 7, thorough=True)

    assert raised.value.kind == "missing"


@pytest.mark.parametrize(
    ("status", "message", "state"),
    [
        (403, "Permission check failed (/vms/100, VM.Audit)", "not_permitted"),
        (596, "tls_process_server_certificate: certificate verify failed", "stale"),
        (500, "got no worker upid - start worker failed", "failed"),
    ],
)
def test_one_that_cannot_be_read_costs_the_others_nothing(
    looks: Looks, pve: FakeCluster, status: int, message: str, state: str
) -> None:
    pve.vm(100, "web")
    pve.node("pve2")
    pve.vm(101, "db", node="pve2", config={"cores": 3})
    pve.fail("GET", "/nodes/pve1/qemu/100/pending", status, message)
    other = Guest("home", 101, "qemu", node="pve2")

    found = details.guests(opening.client(looks.data, "home"), [Asked(None, guest()), Asked(None, other)], [], 7)

    assert [one.config_state for one in found] == [state, "seen"]
    assert message in found[0].config_reason
    assert found[1].config["cores"] == "3"


def test_when_the_cluster_is_away_nobody_is_asked_for_long(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web")
    client = opening.client(looks.data, "home")
    client.get("/version")
    pve.stop()
    before = client.requests

    found = details.guests(client, [Asked(None, guest(vmid)) for vmid in range(100, 150)], [], 7)

    assert {one.config_state for one in found} == {"stale"}
    assert client.requests - before <= 2 * details.WORKERS
    pve.start()


def test_addresses_of_those_that_can_tell(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running")
    told = {"result": [{"name": "eth0", "ip-addresses": [{"ip-address": "10.0.0.5"}]}]}
    pve.answer("GET /nodes/pve1/qemu/100/agent/network-get-interfaces", told)
    client = opening.client(looks.data, "home")
    silent = guest(101, addresses=("10.0.0.9",))

    found = details.all_addresses(client, [guest(), silent])

    assert [one.addresses for one in found] == [("10.0.0.5",), ("10.0.0.9",)]
    assert details.all_addresses(client, []) == []


def test_who_is_worth_asking_for_addresses() -> None:
    assert details.tells_addresses(guest(config={"agent": "enabled=1,type=virtio"}))
    assert details.tells_addresses(guest(config={"agent": "1"}))
    assert not details.tells_addresses(guest(config={"agent": "0"}))
    assert not details.tells_addresses(guest())
    assert details.tells_addresses(guest(200, "lxc"))
    assert not details.tells_addresses(Guest("home", 200, "lxc", status="stopped"))
