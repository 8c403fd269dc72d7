import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.tailscale import Node, parse_status

# Written after the type Status of Tailscale's package ipn/ipnstate (1.76); no tailnet can be joined by a test.
CAPTURED = (pathlib.Path(__file__).parents[2] / "fixtures/tailscale/status.json").read_text("utf-8")


def changed(**changes):
    return parse_status(json.dumps({**json.loads(CAPTURED), **changes}))


def test_the_whole_tailnet():
    net = parse_status(CAPTURED)
    assert (net.version, net.state, net.key_expiry) == ("1.76.1", "Running", "2026-12-01T00:00:00Z")
    assert net.own.name == "server"
    assert net.own.addresses == ("100.101.102.103", "fd7a:115c:a1e0::1")
    assert net.problems == ("Some peers are advertising routes but --accept-routes is false",)
    assert net.peers == (
        Node("laptop", "macOS", True, 123456, 654321, ("100.64.0.2",), True, False),
        Node("phone", "android", False, 0, 0, ("100.64.0.3", "fd7a:115c:a1e0::3"), False, True),
    )


def test_links_for_logging_in_keys_and_users_are_passed_over():
    said = repr(parse_status(CAPTURED))
    for word in ("0123456789abc", "nodekey", "user@example.com", "A User", "nD4E5F6CNTRL"):
        assert word in CAPTURED
        assert word not in said


def test_a_tailscaled_that_is_logged_out():
    net = changed(BackendState="NeedsLogin", Self=None, Peer=None, Health=None)
    assert (net.state, net.own, net.peers, net.problems, net.key_expiry) == ("NeedsLogin", None, (), (), "")


def test_machines_of_one_name_are_told_apart():
    peers = {str(number): {"HostName": "same", "RxBytes": number} for number in range(3)}
    assert [node.name for node in changed(Peer=peers).peers] == ["same", "same #2", "same #3"]


def test_machines_of_one_name_keep_theirs_whatever_they_send():
    def received(first, second):
        peers = {
            "a": {"HostName": "same", "TailscaleIPs": ["100.64.0.9"], "RxBytes": first},
            "b": {"HostName": "same", "TailscaleIPs": ["100.64.0.2"], "RxBytes": second},
        }
        return {node.name: node.received for node in changed(Peer=peers).peers}

    assert received(1, 2) == {"same": 2, "same #2": 1}
    assert received(3, 2) == {"same": 2, "same #2": 3}
    assert received(None, 2) == {"same": 2, "same #2": None}


def test_what_has_the_wrong_type_is_not_there():
    peers = {"a": {"HostName": 5}, "b": {"HostName": "b", "RxBytes": -1, "TxBytes": True, "TailscaleIPs": "x"}, "c": []}
    net = changed(Version=None, Peer=peers, Health=[1, "x"])
    assert net.peers == (Node("b", "", False, None, None, (), False, False),)
    assert (net.version, net.problems) == ("", ("x",))


def test_names_are_made_fit():
    (node,) = changed(Peer={"a": {"HostName": "<b>\x1b\n" + "x" * 999}}).peers
    assert "\x1b" not in node.name
    assert len(node.name) == 256


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", CAPTURED[:200], '{"BackendState": 1}', "[" * 100_000])
def test_what_is_no_status(text):
    with pytest.raises(Malformed):
        parse_status(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
)


@given(JSON)
def test_no_json_raises_anything_but_our_own(value):
    for name in ("Self", "Peer", "Health", "Version", "BackendState"):
        try:
            changed(**{name: value})
            changed(Peer={"x": {"HostName": "x", "TailscaleIPs": value, "RxBytes": value, "Online": value}})
        except Malformed:
            continue
