from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path


def test_each_step_stays_one_step() -> None:
    assert path("nodes", "pve1", "qemu", 100, "config") == "/nodes/pve1/qemu/100/config"
    upid = "UPID:pve1:000003E8:00001B58:6B022F36:qmstop:100:root@pam!wakeful:"
    assert path("nodes", "pve1", "tasks", upid) == f"/nodes/pve1/tasks/{upid}"
    assert path("nodes", "a/../b?c#d e%") == "/nodes/a%2F..%2Fb%3Fc%23d%20e%25"


@pytest.mark.parametrize("step", ["", ".", ".."])
def test_a_step_that_would_name_another_path(step: str) -> None:
    with pytest.raises(PveError, match="no name that can stand in a path"):
        path("nodes", step, "qemu")
