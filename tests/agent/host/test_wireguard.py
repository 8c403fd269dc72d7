import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.wireguard import Peer, parse_handshakes, parse_ports, parse_texts, parse_transfer

# wireguard-tools 1.0.20210914 over wireguard-go, two interfaces of a test; wg2 and the times are added.
CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "wireguard"
ONE = Peer("wg1", "kzAHufmdieJ8x1we4zF78qs6J4WXAZe3x6kqltngI2Q=")
TWO = Peer("wg0", "UK7r/IWGZ+zyL5AG/DVXCdJ2szOGn2zE/147XFQSTXE=")
THREE = Peer("wg0", "TnsNG/eGKAlxfKufK1Sl8KolyohZnIZzxbKmLtBiHGs=")


def captured(name):
    return (CAPTURED / name).read_text("utf-8")


def test_every_answer_by_interface_and_peer():
    assert parse_ports(captured("listen-port")) == {"wg1": 51822, "wg0": 51821, "wg2": 0}
    assert parse_handshakes(captured("latest-handshakes")) == {ONE: 1763736000, TWO: 1763735000, THREE: 0}
    assert parse_transfer(captured("transfer")) == {ONE: (180, 92), TWO: (92, 148), THREE: (0, 0)}
    assert parse_texts(captured("allowed-ips"), "allowed-ips") == {
        ONE: "10.9.0.0/24",
        TWO: "10.9.1.0/24 fd00::/64",
        THREE: "",
    }


def test_a_peer_without_an_endpoint_comes_without_its_interface():
    assert f"\n{THREE.key}\t(none)\n" in captured("endpoints"), "what wg does"
    assert parse_texts(captured("endpoints"), "endpoints") == {ONE: "127.0.0.1:51821", TWO: "127.0.0.1:51822"}


def test_no_interface_is_nothing():
    assert parse_ports("") == parse_handshakes("") == parse_transfer("") == parse_texts("", "endpoints") == {}


SECRET = "cJ02ZPXmlhKI4P76rRGWJSvOKFn0Zk0QPPe/tcxXb2c="


@pytest.mark.parametrize(
    "line",
    [
        f"wg0\t{SECRET}\t{TWO.key}\t51821\toff",
        f"wg0\t{TWO.key}\t{SECRET}\t127.0.0.1:1\t10.0.0.0/8\t0\t0\t0\toff",
        f"wg0\t{TWO.key}\t{SECRET}",
        f"wg0\t{TWO.key}\t{SECRET}\t{SECRET}",
        f"{SECRET}",
        f"wg0\t{SECRET}x",
        f"\t{SECRET}",
    ],
)
def test_no_error_repeats_what_might_be_a_key(line):
    for parse in (parse_ports, parse_handshakes, parse_transfer):
        with pytest.raises(Malformed) as caught:
            parse(line)
        assert SECRET[:8] not in str(caught.value)


@pytest.mark.parametrize("number", ["-1", "x", "", "1e3", "\u0661", str(2**64), "9" * 5000])
def test_numbers_that_are_none(number):
    with pytest.raises(Malformed):
        parse_handshakes(f"wg0\t{TWO.key}\t{number}")


def test_names_are_made_fit():
    assert list(parse_ports("w\x1bg\t1")) == ["w\ufffdg"]


@given(st.sampled_from(sorted(path.name for path in CAPTURED.iterdir())), st.text(), st.integers(0, 200))
def test_no_parser_raises_anything_but_our_own(name, inserted, position):
    text = captured(name)
    torn = text[:position] + inserted + text[position + len(inserted) :]
    for parse in (parse_ports, parse_handshakes, parse_transfer, lambda text: parse_texts(text, "endpoints")):
        try:
            parse(torn)
        except Malformed:
            continue
