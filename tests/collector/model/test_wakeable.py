from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.model.wakeable import Wakeable, wakeable

MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
HOME = IPv4Network("192.168.1.0/24")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["wake", MAC, "10.0.0.0/8"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "targets", "machines", "networks", "anybody"]), inner)
    ),
    max_leaves=20,
)


def test_what_an_agent_announces() -> None:
    targets = {
        "anybody": False,
        "machines": ["02-00-00-00-00-01", "nas", 7],
        "networks": ["192.168.1.0/24", "192.168.1.5/24", "fe80::/64", None],
    }
    found = wakeable([{"name": "restart"}, 7, {"name": "wake", "targets": targets}])
    assert found == Wakeable(frozenset({MAC}), (HOME,))
    assert found.permits(MAC, [])
    assert found.permits(OTHER, [HOME])
    assert found.permits(OTHER, [IPv4Network("10.0.0.0/8"), IPv4Network("192.168.1.128/25")])
    assert not found.permits(OTHER, [])
    assert not found.permits(OTHER, [IPv4Network("192.168.0.0/16")]), "a part of a network is not the network"


def test_anybody() -> None:
    found = wakeable([{"name": "wake", "targets": {"anybody": True}}])
    assert found is not None
    assert found.permits(MAC, [])


@pytest.mark.parametrize("actions", [None, [], [{"name": "restart"}], {"name": "wake"}, "wake"])
def test_nobody_where_it_is_not_announced(actions: Any) -> None:
    assert wakeable(actions) is None


def test_who_does_not_say_whom_judges_by_itself() -> None:
    assert wakeable([{"name": "wake"}]) == Wakeable(anybody=True)
    assert wakeable([{"name": "wake", "targets": {}}]) == Wakeable()


@given(JSON)
def test_nothing_a_machine_says_does_harm(told: Any) -> None:
    found = wakeable(told)
    assert found is None or len(found.machines) <= 1_000
