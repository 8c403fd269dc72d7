"""What plans call a guest."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare import naming


def test_guests_are_called_as_people_call_them() -> None:
    assert naming.title("qemu", 101, "web") == "VM 101 (web)"
    assert naming.title("lxc", 200) == "container 200"


def test_requests_go_where_the_guest_is() -> None:
    assert naming.config("pve1", "qemu", 101, {"a": "b"})[:3] == ("POST", "/nodes/pve1/qemu/101/config", {"a": "b"})
    assert naming.config("pve1", "lxc", 101, {})[0] == "PUT"
    assert naming.power("reboot", "pve1", "lxc", 101)[:3] == (
        "POST",
        "/nodes/pve1/lxc/101/status/reboot",
        {"timeout": "180"},
    )
    assert naming.power("start", "pve1", "lxc", 101).form == {}
    assert naming.request("resize", "PUT", "a b", "qemu", 1, ("resize",), {}).path == "/nodes/a%20b/qemu/1/resize"
