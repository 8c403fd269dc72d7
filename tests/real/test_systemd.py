"""The real systemctl: where systemd runs it is read, and where it does not run systemctl itself says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.systemd import SystemdMeter

from .conftest import program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real


def test_systemctl_is_understood(tmp_path: Path) -> None:
    folder = os.path.dirname(program("systemctl"))
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    host = Host(str(tmp_path), programs=(folder,))
    if os.path.isdir("/run/systemd/system"):
        found = SystemdMeter().read(host, 0)
        assert sum(value or 0 for value in list(found.values)[:6]) > 10
        assert found.inventories["units"]
    else:
        with pytest.raises(NoData, match="not started by systemd"):
            SystemdMeter().read(host, 0)
