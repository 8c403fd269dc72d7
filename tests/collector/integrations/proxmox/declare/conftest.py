"""What the tests of declarations share: a cluster in view, somebody who declares and approves, and a worker."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.integrations.proxmox.declare import jobs, operations
from wakeful_collector.integrations.proxmox.sync.keeping import Attendant
from wakeful_collector.operations.registry import Registry, run
from wakeful_collector.read import proxmox, proxmox_clusters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.model.estate import Estate

    from .....fakes.proxmox import FakeCluster

REGISTRY = Registry(operations.OPERATIONS)
DEADLINE_SECONDS = 60.0
ROOT = "root@pam"


class Desk:
    """Somebody declares and approves, the cluster is looked at, and a worker does what was approved."""

    def __init__(self, settings: Settings, pve: FakeCluster) -> None:
        self.settings = settings
        self.data: Path = settings.data
        self.pve = pve
        self.applier = jobs.Applier()
        self._attendants: dict[str, Attendant] = {}

    def ask(self, operation: str, scope: str = "admin", **given: Any) -> dict[str, Any]:
        """Run an operation."""
        principal = Principal("user:ada", implied((scope,)), "192.0.2.7", "web", "session", 1)
        return run(self.settings, REGISTRY, principal, operation, given, clock.now_ms())

    def look(self, name: str = "home") -> Estate:
        """Have a cluster looked at, and return it as it was seen."""
        row = next(one for one in proxmox_clusters.clusters(self.data) if one.name == name)
        for _ in range(2):  # the first cycle lists, the next one reads what it listed
            self._attendants.setdefault(name, Attendant()).look(self.data, row, clock.now_ms(), full=True)
        return proxmox.estate(self.data, name)

    def plan(self, *texts: str) -> dict[str, Any]:
        """Return the plan of files, of the cluster as it is now."""
        self.look()
        answer = self.ask("proxmox.plan", files=files(*texts))
        assert answer["errors"] == [], answer["errors"]
        found: dict[str, Any] = answer["plan"]
        return found

    def apply(self, *texts: str, **given: Any) -> dict[str, Any]:
        """Approve the plan of files and return the apply at its end."""
        plan = self.plan(*texts)
        return self.approve(plan["digest"], files=files(*texts), **given)

    def approve(self, digest: str = "", **given: Any) -> dict[str, Any]:
        """Approve a plan and return the apply at its end."""
        asked = given if "resume" in given else {"digest": digest, **given}
        return self.ended(self.ask("proxmox.apply", **asked)["apply"]["id"])

    def ended(self, apply_id: str) -> dict[str, Any]:
        """Let the worker's job look until an apply has ended."""
        until = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < until:
            self.applier(self.data, self.settings, clock.now_ms())
            [found] = self.ask("proxmox.applies", id=apply_id)["applies"]
            if found["state"] not in {"asked", "running"}:
                one: dict[str, Any] = found
                return one
            time.sleep(0.02)
        raise AssertionError(f"it did not end: {found}")


def files(*texts: str) -> list[dict[str, str]]:
    """Return texts as files of declarations."""
    return [{"path": f"file{at}.yaml", "text": textwrap.dedent(text)} for at, text in enumerate(texts)]


@pytest.fixture
def desk(settings: Settings, pve: FakeCluster, kept: Callable[..., Any]) -> Desk:
    """The cluster `home` with a VM 101 that runs, and who declares."""
    pve.vm(
        101,
        "web",
        status="running",
        config={
            "cores": 2,
            "memory": "2048",
            "scsi0": "local-lvm:vm-101-disk-0,size=32G",
            "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0",
        },
    )
    kept(pve)
    return Desk(settings, pve)
