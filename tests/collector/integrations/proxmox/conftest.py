"""What the tests of the Proxmox room share: clusters in a process of their own, one for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ....fakes.proxmox import FakeCluster, FakeClusters

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def pve_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeClusters]:
    """The process of all clusters of a run."""
    made = FakeClusters(tmp_path_factory.mktemp("pve"))
    yield made
    made.close()


@pytest.fixture
def pve(pve_process: FakeClusters) -> Iterator[FakeCluster]:
    """A cluster of one node `pve1`, without guests; tasks end at once."""
    made = pve_process.open()
    yield made
    made.close()
