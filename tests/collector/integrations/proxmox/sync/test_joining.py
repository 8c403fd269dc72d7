"""Who is who: guests and nodes found among the hosts that run an agent, with the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.sync import joining
from wakeful_collector.integrations.proxmox.sync.joining import Traits
from wakeful_collector.model.estate import Guest, Node
from wakeful_collector.read import proxmox_hosts
from wakeful_collector.read.proxmox_hosts import Machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.config import Settings

    from .....fakes.proxmox import FakeCluster
    from .looks import Looks

UUID = "9f1b4b2e3c5d4e6f8a7b0c1d2e3f4a5b"


def thing(name: str = "web", mac: str = "", uuid: str = "", address: str = "", number: int = 100) -> Traits:
    return Traits(f"qemu/{number}", name, frozenset({mac} - {""}), uuid, frozenset({address} - {""}))


def machine(key: str, name: str = "web", mac: str = "", machine_id: str = "", address: str = "") -> Machine:
    return Machine(key, name, machine_id, frozenset({mac} - {""}), frozenset({address} - {""}))


def found(things: list[Traits], machines: list[Machine]) -> dict[str, tuple[str, str]]:
    return {one.id: (one.host, one.evidence) for one in joining.joins("home", things, machines)}


def test_a_network_card_decides() -> None:
    assert found([thing(mac="bc:1")], [machine("h1", "other", mac="bc:1")]) == {
        "qemu/100": ("h1", "its network card bc:1")
    }


def test_the_uuid_that_the_machine_took_as_its_id() -> None:
    assert found([thing(uuid=UUID)], [machine("h1", "other", machine_id=UUID)]) == {
        "qemu/100": ("h1", f"its firmware's uuid {UUID}")
    }


def test_a_clone_that_still_has_the_firsts_id_is_told_by_its_card() -> None:
    first, clone = thing(mac="bc:1", uuid=UUID), thing("copy", mac="bc:2", uuid="b" * 32, number=101)
    agent_in_clone = machine("h2", "copy", mac="bc:2", machine_id=UUID)

    assert found([first, clone], [agent_in_clone]) == {"qemu/101": ("h2", "its network card bc:2")}


def test_a_name_counts_only_with_an_address() -> None:
    one = thing("Web.example.org", address="10.0.0.5")

    assert found([one], [machine("h1", "web")]) == {}
    assert found([one], [machine("h1", "web", address="10.0.0.6")]) == {}
    assert found([one], [machine("h1", "web.lan", address="10.0.0.5")]) == {
        "qemu/100": ("h1", "its name and address: web at 10.0.0.5")
    }


def test_where_two_fit_equally_nobody_is_it() -> None:
    twins = [machine("h1", mac="bc:1"), machine("h2", mac="bc:1")]

    assert found([thing(mac="bc:1")], twins) == {}
    assert found([thing(uuid=UUID), thing("b", uuid=UUID, number=101)], [machine("h1", machine_id=UUID)]) == {}


def test_by_what_guests_and_nodes_can_be_told() -> None:
    guest = Guest(
        "home",
        100,
        "qemu",
        name="web",
        addresses=("10.0.0.5",),
        config={
            "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
            "ipconfig0": "ip=10.0.0.7/24,gw=10.0.0.1,ip6=fd00::7/64",
            "smbios1": "uuid=9F1B4B2E-3C5D-4E6F-8A7B-0C1D2E3F4A5B",
        },
    )

    assert joining.of_guest(guest) == Traits(
        "qemu/100",
        "web",
        frozenset({"bc:24:11:00:00:01"}),
        UUID,
        frozenset({"10.0.0.5", "10.0.0.7", "fd00::7"}),
    )
    assert joining.of_node(Node("home", "pve1", address="10.0.0.1")).addresses == {"10.0.0.1"}
    assert joining.of_node(Node("home", "pve1")).addresses == frozenset()


def test_hosts_that_pushed_are_joined_and_kept(
    looks: Looks, settings: Settings, pve: FakeCluster, machine: Callable[..., Any], now_ms: int
) -> None:
    pve.vm(100, "web", status="running", config={"net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"})
    looks.settle()
    agent = machine("web")
    network = [{"name": "eth0", "kind": "ether", "mac": "bc:24:11:00:00:01", "addresses": ["10.0.0.5/24"]}]
    agent.push([[now_ms, [0.1, 1, 2, 3]]], now_ms, inventories={"network": {"hash": "h1", "body": network}})

    assert joining.refresh(settings.data, settings, now_ms) == 1
    assert joining.refresh(settings.data, settings, now_ms) == 0
    joined = proxmox_hosts.joins(settings.data, "home")["qemu/100"]
    assert (joined.host, joined.evidence) == (agent.id, "its network card bc:24:11:00:00:01")
    assert proxmox_hosts.guest_of_host(settings.data, agent.id) == joined
