"""Permissions are sorted by what a person can do about them."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.model.host import MeterOutcome
from wakeful_collector.web.pages_capabilities import sort_out

TOLD = [
    {"name": "proc", "available": True},
    {"name": "smart", "available": False, "reason": "needs root", "fix": "wakeful ALL=(root) NOPASSWD: ..."},
    {"name": "redis", "available": False, "reason": "redis is not here", "fix": "apt install redis-server"},
    {"name": "raid", "available": False, "reason": "no array is here"},
    {"name": "ping", "available": False, "reason": "none is set", "fix": "[meters.ping] targets = [...] in agent.toml"},
    {"name": "port_owners", "available": False, "reason": "may not", "fix": "AmbientCapabilities=..."},
    {"name": "nginx", "available": False, "reason": "nothing listens", "fix": "location = /nginx_status ..."},
    {"name": "gpu", "available": False, "reason": "may not", "fix": "apt install nvidia-smi"},
]


def test_what_can_be_granted_is_told_from_what_is_not_there() -> None:
    refused = {"gpu": MeterOutcome("gpu", "refused", "", 0.0, 0), "raid": MeterOutcome("raid", "nothing", "", 0.0, 0)}
    refused["nginx"] = MeterOutcome("nginx", "nothing", "", 0.0, 0)
    found = sort_out(TOLD, refused)
    assert [one.name for one in found.granted] == ["proc"]
    assert [one.name for one in found.held_back] == ["smart", "port_owners", "gpu"]
    assert [one.name for one in found.untold] == ["ping"]
    assert [one.name for one in found.absent] == ["redis", "raid", "nginx"]
    assert found.absent[1].fix == ""


@pytest.mark.parametrize("told", [None, "x", 5, [1, None, {}], {"name": "x"}])
def test_what_is_no_list_of_capabilities_is_none(told: Any) -> None:
    found = sort_out(told, {})
    assert (found.granted, found.held_back, found.untold, found.absent) == ([], [], [], [])
