"""What the tests of the synchronisation share: a kept cluster that is looked at cycle by cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .looks import Looks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .....fakes.proxmox import FakeCluster


@pytest.fixture
def looks(data: Path, pve: FakeCluster, kept: Callable[..., Any]) -> Looks:
    """The cluster `home`, not looked at yet."""
    kept(pve)
    return Looks(data, pve)
