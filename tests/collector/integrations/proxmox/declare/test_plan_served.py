"""Declarations that hypothesis makes up, applied to a cluster that others wrote: afterwards nothing is left to plan."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .declarations import CT_FIELDS, VM_FIELDS

if TYPE_CHECKING:
    from .conftest import Desk

FEW = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
APART = {"node", "state", "protection", "scsi0", "scsi1", "sata0", "rootfs", "mp0", "mp1", "dev0", "features", "ide3"}
"""What has tests of its own, or what the counterparty does not keep as Proxmox does: its volumes and its node."""
VM_SPECS = st.fixed_dictionaries({}, optional={key: one for key, one in VM_FIELDS.items() if key not in APART})
CT_SPECS = st.fixed_dictionaries({}, optional={key: one for key, one in CT_FIELDS.items() if key not in APART})


def document(kind: str, vmid: int, spec: dict[str, Any]) -> str:
    head = {"apiVersion": "wakeful/v1", "kind": kind, "metadata": {"vmid": vmid}}
    return yaml.safe_dump({**head, "spec": spec}, sort_keys=False)


@FEW
@given(first=VM_SPECS, second=VM_SPECS, container=CT_SPECS)
def test_what_is_applied_leaves_nothing_to_plan(
    desk: Desk, first: dict[str, Any], second: dict[str, Any], container: dict[str, Any]
) -> None:
    vm, ct = next(NUMBERS), next(NUMBERS)
    desk.pve.ct(ct, "ct", config={"rootfs": f"local-lvm:vm-{ct}-disk-0,size=4G", "memory": 512, "ostype": "debian"})
    disk = {"scsi0": {"storage": "local-lvm", "size": "4G"}}
    made = document("VirtualMachine", vm, {"node": "pve1", **first, **disk})
    changed = document("VirtualMachine", vm, {"cores": 3, **second})
    for text in (made, f"{changed}---\n{document('Container', ct, {'cores': 2, **container})}"):
        ended = desk.apply(text)
        assert ended["state"] == "ok", (ended["summary"], text)
        assert desk.plan(text)["steps"] == [], text


NUMBERS = itertools.count(300)
