"""A collector that keeps a real estate: a Proxmox VE of two nodes in a process of its own, read by the real worker."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .....fakes.proxmox import FakeCluster, FakeClusters
from ...counterparts import Ran, Seat, Served, await_true, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Estate(NamedTuple):
    """A collector with the cluster `lab`, whose token may do everything."""

    served: Served
    pve: FakeCluster
    keys: dict[str, str]

    def ask(self, operation: str, **arguments: Any) -> Any:
        """Run an operation as the admin."""
        headers = {"Authorization": f"Bearer {self.keys['admin']}", "Content-Type": "application/json"}
        body = json.dumps(arguments).encode()
        target = f"{self.served.url}/api/v1/operations/{operation}"
        try:
            with urllib.request.urlopen(urllib.request.Request(target, body, headers), timeout=60) as answer:
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            raise AssertionError((operation, arguments, error.read())) from None

    def stands(self) -> Any:
        """Return how the synchronisation stands."""
        return self.ask("proxmox.standing")["clusters"][0]

    def look(self) -> None:
        """Have everything looked at now."""
        self.ask("proxmox.sync")
        await_true(lambda: self.stands()["surveyed"] and not self.stands()["asked"], "the cluster is seen whole")

    def deed(self, kind: str, **arguments: Any) -> Any:
        """Do something to a guest, and return what became of it."""
        asked = self.ask(f"proxmox.guest.{kind}", cluster="lab", **arguments)["deed"]
        return self.ask("proxmox.deed", id=asked["id"], wait_seconds=30)["deed"]


def furnish(pve: FakeCluster) -> None:
    """Give a cluster two nodes, guests that run and do not, and a storage for backups."""
    pve.node("pve2")
    config = {"memory": "2048", "cores": 2, "tags": "prod;web", "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0"}
    pve.vm(101, "web-1", status="running", config=config)
    pve.vm(102, "db-1", status="stopped", config={"memory": "4096", "cores": 4, "protection": 1})
    pve.vm(103, "box", status="stopped", config={"memory": "1024", "cores": 4})
    pve.ct(200, "dns", status="running", config={"memory": 512, "hostname": "dns"})


@pytest.fixture(scope="session")
def pves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeClusters]:
    """The process of all clusters."""
    made = FakeClusters(tmp_path_factory.mktemp("pves"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory, blank_data: Path, pves: FakeClusters) -> Iterator[Estate]:
    """A collector that has seen its cluster: one for all tests, which leave its guests as they were."""
    data = tmp_path_factory.mktemp("estate") / "data"
    shutil.copytree(blank_data, data)
    served = Served(data, free_port())
    served.start()
    pve = pves.open()
    furnish(pve)
    made = Estate(served, pve, {scope: served.key(scope) for scope in ("read", "operate", "admin")})
    made.ask(
        "proxmox.cluster.add",
        name="lab",
        hosts=[pve.host],
        login=pve.token_id,
        secret=pve.secret,
        ca=pve.ca,
        poll_seconds=5,
    )
    made.look()
    yield made
    served.stop()


@pytest.fixture
def proxmox(wakeful: Callable[..., Ran], estate: Estate) -> Callable[..., Ran]:
    """Run `wakeful proxmox ...`, as the admin if nothing else is said."""

    def run(*words: str, scope: str = "admin", **more: str) -> Ran:
        environ = {"WAKEFUL_URL": estate.served.url, "WAKEFUL_API_KEY": estate.keys[scope], **more}
        ran = wakeful("proxmox", *words, **environ)
        assert "Traceback" not in ran.err, ran.err
        return ran

    return run


@pytest.fixture
def at_terminal(seat: Callable[..., Seat], estate: Estate) -> Callable[..., Seat]:
    """Run `wakeful proxmox ...` on a pseudo-terminal."""

    def sit(*words: str, **environ: str) -> Seat:
        known = {"WAKEFUL_URL": estate.served.url, "WAKEFUL_API_KEY": estate.keys["admin"]}
        return seat("proxmox", *words, known=False, **known, **environ)

    return sit
