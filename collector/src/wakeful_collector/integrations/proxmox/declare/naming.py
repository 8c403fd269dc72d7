"""What plans call a guest, and where its requests go. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting.deeds import QEMU, Request
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.link.paths import path

if TYPE_CHECKING:
    from collections.abc import Mapping

SHUTDOWN_SECONDS = 180
"""How long a guest has to shut itself down; Proxmox alone gives it 60 s."""


def title(kind: str, vmid: int, name: str = "") -> str:
    """Return what people call a guest: `VM 101 (web)`."""
    what = "VM" if kind == QEMU else "container"
    return f"{what} {vmid} ({name})" if name else f"{what} {vmid}"


def request(
    deed: str, method: str, node: str, kind: str, vmid: int, steps: tuple[str, ...], form: Mapping[str, str]
) -> Request:
    """Return a request about a guest; `deed` is the kind of deed that bounds its task."""
    return Request(method, path("nodes", node, kind, vmid, *steps), dict(form), KINDS[deed].seconds)


def power(verb: str, node: str, kind: str, vmid: int) -> Request:
    """Return the request that starts, shuts down, stops or reboots a guest."""
    form = {"timeout": str(SHUTDOWN_SECONDS)} if verb in {"shutdown", "reboot"} else {}
    return request(verb, "POST", node, kind, vmid, ("status", verb), form)


def config(node: str, kind: str, vmid: int, form: Mapping[str, str]) -> Request:
    """Return the request that writes settings: as a task for VMs, at once for containers."""
    return request("change", "POST" if kind == QEMU else "PUT", node, kind, vmid, ("config",), form)
