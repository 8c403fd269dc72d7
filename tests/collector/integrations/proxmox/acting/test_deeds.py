"""The shapes of a deed."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.acting.deeds import LXC, QEMU, Request, Target, mark


def test_a_request_is_shown_without_what_is_secret() -> None:
    request = Request("POST", "/nodes/a/qemu", {"name": "x", "cipassword": "sesame"}, 60.0, ("cipassword",))
    assert request.shown() == {
        "method": "POST",
        "path": "/nodes/a/qemu",
        "form": {"name": "x", "cipassword": "(secret)"},
    }


def test_what_a_guest_is_called_and_where_it_is() -> None:
    vm = Target(QEMU, 101, "pve1", "web", "running")
    assert (vm.title, vm.path, vm.is_running) == ("VM 101 (web)", "/nodes/pve1/qemu/101", True)
    container = Target(LXC, 200, "pve2", status="paused")
    assert (container.title, container.is_running) == ("container 200", False)


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        (QEMU, {"meta": "creation-qemu=9.0.2,ctime=1700000000", "smbios1": "uuid=x"}, "ctime=1700000000"),
        (
            QEMU,
            {"smbios1": "base64=1,uuid=0d3f8a9e-5a0e-4f7e-9b0a-1c2d3e4f5a6b"},
            "uuid=0d3f8a9e-5a0e-4f7e-9b0a-1c2d3e4f5a6b",
        ),
        (QEMU, {"meta": "creation-qemu=9"}, ""),
        (LXC, {"net0": "name=eth0,hwaddr=BC:24:11:00:00:01,ip=dhcp"}, "bc:24:11:00:00:01"),
        (LXC, {}, ""),
    ],
)
def test_what_a_guest_is_known_by(kind: str, config: dict[str, str], expected: str) -> None:
    assert mark(kind, config) == expected
