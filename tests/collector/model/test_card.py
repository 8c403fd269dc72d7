from __future__ import annotations

from ipaddress import IPv4Interface
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.model.card import Card, cards, sightings

MAC = "02:00:00:00:00:01"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(MAC),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["mac", "addresses", "interface", "kind", "seen_ms", "gateway_mac"]), inner)
    ),
    max_leaves=20,
)


def test_what_an_agent_tells_of_its_networks() -> None:
    row = {
        "interface": "eth0",
        "kind": "physical",
        "mac": "02-00-00-00-00-01",
        "addresses": ["192.168.1.5/24", "fe80::1/64", "10.0.0.1/32", "169.254.1.1/16", "127.0.0.2/8", 7],
        "gateway": "192.168.1.1",
        "gateway_mac": "02:00:00:00:00:fe",
        "armed": True,
    }
    assert cards([row]) == (Card("eth0", MAC, (IPv4Interface("192.168.1.5/24"),), "02:00:00:00:00:fe", True),)


def test_the_inventory_of_older_agents_serves_too() -> None:
    rows = [
        {"name": "lo", "kind": "loopback", "mac": "", "addresses": ["127.0.0.1/8"]},
        {"name": "wg0", "kind": "wireguard", "mac": MAC, "addresses": ["10.9.0.1/24"]},
        {"name": "eth0", "kind": "physical", "mac": MAC, "addresses": ["192.168.1.5/24"]},
    ]
    assert cards(rows) == (Card("eth0", MAC, (IPv4Interface("192.168.1.5/24"),)),)


@pytest.mark.parametrize("gateway", ["00:00:5e:00:01:0a", "52:54:00:12:35:02", "52:55:0a:00:02:02", "x", None])
def test_a_gateway_that_is_called_alike_everywhere_says_nothing(gateway: Any) -> None:
    (card,) = cards([{"interface": "eth0", "mac": MAC, "gateway_mac": gateway, "armed": "yes"}])
    assert (card.gateway_mac, card.armed) == ("", None)


def test_there_is_an_end_to_it() -> None:
    row = {"interface": "e" * 100, "mac": MAC, "addresses": [f"10.0.{n}.1/24" for n in range(99)]}
    found = cards([row] * 99)
    assert (len(found), len(found[0].addresses), len(found[0].interface)) == (32, 16, 64)
    assert len(sightings([{"mac": f"0200000{n:05x}", "seen_ms": n} for n in range(6_000)])) == 5_000


def test_when_a_neighbour_was_seen_last() -> None:
    rows = [{"mac": MAC, "seen_ms": 5}, {"mac": MAC.upper(), "seen_ms": 9}, {"mac": MAC, "seen_ms": 7}, {"mac": "x"}]
    assert sightings(rows) == {MAC: 9}


@given(JSON)
def test_nothing_a_machine_says_does_harm(told: Any) -> None:
    assert all(isinstance(card, Card) for card in cards(told))
    assert all(isinstance(at, int) for at in sightings(told).values())
