"""Every kind of deed has its requests."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.acting.deeds import Refusal
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.acting.schemas import OWN
from wakeful_collector.integrations.proxmox.acting.steps import plan, requests

from .guests import deed, vm


def test_every_kind_is_known_everywhere() -> None:
    assert set(OWN) == set(KINDS)
    for kind in KINDS:
        with pytest.raises((Refusal, KeyError)):
            plan(deed(kind), vm(status="unknown"))


def test_checks_come_first() -> None:
    with pytest.raises(Refusal, match="protected"):
        requests(deed("stop"), vm(status="running"), ("101",))
    assert [one.path for one in requests(deed("stop"), vm(status="running"))] == ["/nodes/pve1/qemu/101/status/stop"]


def test_nothing_is_done_to_a_guest_that_nobody_knows_anything_of() -> None:
    with pytest.raises(Refusal, match="nobody knows whether"):
        plan(deed("start"), vm(status="unknown"))
