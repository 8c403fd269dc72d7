"""What the answers of guests say: settings, what is pending, snapshots, addresses."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.proxmox.sync import configs
from wakeful_collector.model.estate import Snapshot

from .test_listing import ANYTHING


def test_settings_pending_and_digest_come_of_one_answer() -> None:
    rows = [
        {"key": "cores", "value": 2, "pending": 4},
        {"key": "onboot", "value": 1},
        {"key": "balloon", "value": 512, "delete": 1},
        {"key": "args", "value": "-x", "delete": 2},
        {"key": "vga", "pending": "std"},
        {"key": "memory", "value": "2048", "pending": 2048},
        {"key": "digest", "value": "abc"},
        {"key": "parent", "value": "before"},
        {"key": "lock", "value": "backup"},
    ]
    found = configs.config(rows)

    assert found.values == {"cores": "2", "onboot": "1", "balloon": "512", "args": "-x", "memory": "2048"}
    assert found.pending == {"cores": "4", "balloon": None, "args": None, "vga": "std"}
    assert (found.digest, found.parent) == ("abc", "before")


def test_the_newline_that_a_description_gains_says_nothing() -> None:
    assert configs.config([{"key": "description", "value": "a\nb\n"}]).values == {"description": "a\nb"}


def test_snapshots_by_time_without_the_entry_for_now() -> None:
    rows = [
        {"name": "current", "parent": "late", "description": "You are here!"},
        {"name": "late", "snaptime": 20, "parent": "early", "vmstate": 1, "description": "why\n"},
        {"name": "early", "snaptime": 10},
    ]
    found = configs.snapshots(rows)

    assert found.snapshots == (
        Snapshot("early", 10_000),
        Snapshot("late", 20_000, "early", "why", with_memory=True),
    )
    assert found.current == "late"


def test_addresses_of_a_guest_agent_and_of_a_container() -> None:
    agent = {
        "result": [
            {"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1"}]},
            {"name": "eth0", "ip-addresses": [{"ip-address": "10.0.0.5"}, {"ip-address": "fe80::1"}]},
        ]
    }
    container = [{"name": "lo", "inet": "127.0.0.1/8"}, {"name": "eth0", "inet": "10.0.0.6/24", "inet6": "fd00::6/64"}]

    assert configs.addresses(agent) == ("10.0.0.5",)
    assert configs.addresses(container) == ("10.0.0.6", "fd00::6")


@given(ANYTHING, st.lists(ANYTHING, max_size=4))
def test_no_answer_breaks_it(one: Any, rows: list[Any]) -> None:
    configs.addresses(one)
    configs.config(rows)
    configs.snapshots(rows)


@given(st.lists(st.fixed_dictionaries({"key": ANYTHING, "value": ANYTHING, "pending": ANYTHING, "delete": ANYTHING})))
def test_no_setting_breaks_it(rows: list[Any]) -> None:
    found = configs.config(rows)

    assert all(isinstance(value, str) for value in found.values.values())
