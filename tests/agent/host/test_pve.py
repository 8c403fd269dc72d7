"""Answers in the form of Proxmox VE's API 9 as fakepve 0.5.0 gives it, made into a cluster of two nodes."""

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.pve import Cluster, Node, Storage, parse_cluster, parse_document, parse_resources

FIXTURES = pathlib.Path(__file__).parents[2] / "fixtures" / "proxmox"


def captured(name):
    return parse_document((FIXTURES / f"{name}.json").read_text())


def test_resources():
    found = parse_resources(captured("resources"))
    assert found.nodes == [
        Node("pve1", True, 0.02, 4, 2147483648, 8589934592, 4294967296, 68719476736, 3600),
        Node("pve2", False, *[None] * 7),
    ]
    assert [(one.id, one.kind, one.status) for one in found.guests] == [
        ("100", "qemu", "running"),
        ("101", "qemu", "stopped"),
        ("900", "qemu", "stopped"),
        ("200", "lxc", "running"),
        ("300", "qemu", "running"),
    ]
    assert found.guests[0].tags == "prod;web"
    assert (found.guests[1].lock, found.guests[2].template) == ("backup", True)
    assert found.storages[0] == Storage("local", "pve1", "dir", False, "available", 1024, 107374182400)


def test_the_cluster_as_this_node_sees_it():
    assert parse_cluster(captured("status")) == Cluster("home", False, "pve1", 1, 1)


def test_a_node_that_is_in_no_cluster():
    row = {"type": "node", "name": "pve1", "online": 1, "local": "1"}
    assert parse_cluster([row]) == Cluster("", None, "pve1", 1, 0)
    assert parse_cluster([]) == Cluster("", None, "", 0, 0)


def test_the_apis_envelope_is_taken_off():
    assert parse_document('{"data": [1]}') == parse_document("[1]") == [1]
    assert parse_document('{"other": 1}') == {"other": 1}


def test_numbers_may_be_text():
    row = {"type": "qemu", "vmid": "100", "cpu": "0.5", "mem": "many", "maxmem": -1, "uptime": "nan", "netin": "9" * 30}
    (guest,) = parse_resources([row]).guests
    assert (guest.id, guest.share, guest.memory_bytes, guest.memory_limit_bytes) == ("100", 0.5, None, None)
    assert (guest.uptime_seconds, guest.received_bytes) == (None, None)


def test_a_hostile_name_is_data():
    (guest,) = parse_resources([{"type": "lxc", "name": "<b>\n" + "x" * 500, "status": 7}, None, "x"]).guests
    assert guest.name == "<b>\ufffd" + "x" * 124
    assert guest.status == ""


@pytest.mark.parametrize("text", ["", "no quorum?", "[" * 100_000, '{"data": ['])
def test_no_json_is_malformed(text):
    with pytest.raises(Malformed):
        parse_document(text)


@given(
    st.recursive(
        st.none() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=6,
    )
)
def test_wrong_types_never_break_a_parser(value):
    keys = ("node", "vmid", "cpu", "maxcpu", "name", "online", "local", "quorate", "storage", "disk")
    for kind in ("node", "qemu", "storage", "cluster"):
        parse_resources([{**dict.fromkeys(keys, value), "type": kind}])
        parse_cluster([{**dict.fromkeys(keys, value), "type": kind}])
    for parse in (parse_resources, parse_cluster):
        try:
            parse(json.loads(json.dumps(value)))
        except Malformed:
            continue
