"""What the tests of deeds share: a cluster that is set up, somebody who asks, and a worker's job that does it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.integrations.proxmox.acting import jobs, operations
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.operations.registry import Registry, run
from wakeful_collector.read import proxmox_deeds as deeds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.acting.deeds import Request
    from wakeful_collector.integrations.proxmox.acting.preparing import Prepared
    from wakeful_collector.integrations.proxmox.acting.tasks import Progress
    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.store.proxmox_deeds import DeedRow

    from .....fakes.proxmox import FakeCluster

REGISTRY = Registry(operations.OPERATIONS)
DEADLINE_SECONDS = 60.0


class Desk:
    """Somebody asks, and a worker does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data = settings.data
        self.doer = jobs.Doer()

    def ask(self, operation: str, scope: str = "admin", **given: Any) -> dict[str, Any]:
        """Run an operation at the cluster `home`, unless another is named."""
        principal = Principal("user:ada", implied((scope,)), "192.0.2.7", "web", "session", 1)
        whole = {"cluster": "home", **given} if operation.startswith("proxmox.guest.") else given
        return run(self.settings, REGISTRY, principal, operation, whole, clock.now_ms())

    def turn(self) -> None:
        """Let the worker's job look once."""
        self.doer(self.data, self.settings, clock.now_ms())

    def until(self, deed_id: str, reached: Callable[[DeedRow], bool]) -> DeedRow:
        """Let the worker's job look until a deed has come so far."""
        until = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < until:
            self.turn()
            found = deeds.deed(self.data, deed_id)
            assert found is not None
            if reached(found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"it did not come so far: {found}")

    def ended(self, answer: dict[str, Any]) -> DeedRow:
        """Return the deed of an answer at its end."""
        return self.until(answer["deed"]["id"], lambda row: not row.is_open)

    def do(self, kind: str, **given: Any) -> DeedRow:
        """Ask for a deed and return it at its end."""
        return self.ended(self.ask(f"proxmox.guest.{kind}", **given))


def set_task(pve: FakeCluster, upid: str, **columns: Any) -> None:
    """Say how a task of the cluster stands: status, exitstatus, log."""
    pve.merge("tasks", {upid: {**pve.get("tasks")[upid], **columns}})


def end_task(pve: FakeCluster, upid: str, exitstatus: str) -> None:
    """End a task of the cluster, whatever it still does."""
    set_task(pve, upid, status="stopped", exitstatus=exitstatus)


@pytest.fixture
def home(pve: FakeCluster, kept: Callable[..., Cluster]) -> Cluster:
    """The cluster, set up as `home`."""
    return kept(pve)


@pytest.fixture
def client(data: Path, home: Cluster) -> Client:
    """A client of it."""
    return opening.client(data, home.name)


@pytest.fixture
def desk(settings: Settings, home: Cluster) -> Desk:
    """Who asks and who does."""
    assert home.name == "home"
    return Desk(settings)


class Book:
    """A journal in memory: what it was told, in order."""

    def __init__(self, known: Collection[str] = ()) -> None:
        self.told: list[Any] = []
        self.stopped = False
        self._known = known

    def planned(self, prepared: Prepared) -> None:
        """Note what is to be done."""
        self.told.append(("planned", prepared.deed.vmid))

    def sending(self, request: Request) -> None:
        """Note that a request leaves."""
        self.told.append(("sending", request.path))

    def sent(self, upid: str) -> None:
        """Note that it was answered."""
        self.told.append(("sent", upid.split(":")[5] if upid else ""))

    def refused(self) -> None:
        """Note that it was refused."""
        self.told.append(("refused",))

    def progressed(self, progress: Progress) -> None:
        """Note how far it is."""
        self.told.append(progress)

    def is_stopped(self) -> bool:
        """Tell whether it is to end."""
        return self.stopped

    def known_tasks(self) -> Collection[str]:
        """Return the tasks of others."""
        return self._known


@pytest.fixture
def book() -> Book:
    """A journal in memory."""
    return Book()
