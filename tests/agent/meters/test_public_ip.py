import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.public_ip import BACKOFF_MS_MAX, KEPT_MS, PublicIpMeter, parse_answer
from wakeful_agent.options import check_options

HOST = Host("/nowhere")


@pytest.mark.parametrize(
    ("text", "family", "address"),
    [
        ("203.0.113.7\n", "ipv4", "203.0.113.7"),
        ('{"ip": "203.0.113.7"}', "ipv4", "203.0.113.7"),
        ('{"query": "2001:DB8::7", "country": "x"}', "ipv6", "2001:db8::7"),
    ],
)
def test_the_address_in_an_answer(text, family, address):
    assert parse_answer(text, family) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "203.0.113.7 203.0.113.8",
        "{",
        "{}",
        '{"ip": 7}',
        "[" * 9999,
        "2001:db8::7",
        "127.0.0.1",
        "0.0.0.0",
        "169.254.1.1",
        "224.0.0.1",
    ],
)
def test_answers_without_one(text):
    with pytest.raises(Malformed):
        parse_answer(text, "ipv4")


@given(st.text())
def test_no_answer_breaks_it(text):
    try:
        parse_answer(text, "ipv6")
    except HostError:
        return


def test_nobody_is_asked_unless_agent_toml_names_one():
    meter = PublicIpMeter()
    with pytest.raises(NoData):
        meter.read(HOST, 0)
    assert not meter.probe(HOST).available
    _, problems = check_options(PublicIpMeter.options, {"ipv4_url": "http://evil.example"}, False)
    assert problems, "the collector names none"


def test_an_address_is_kept_for_a_minute_and_its_change_is_told(answered):
    told = ["203.0.113.7"]
    end = answered(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + told[0].encode())
    meter = PublicIpMeter()
    meter.configure({"ipv4_url": f"http://{end.address}/"})
    assert meter.probe(HOST) == ("public_ip", True, "ipv4", "", "")
    first = meter.read(HOST, 1_000_000)
    assert [one.name for one in first.series] == ["public_ip.up", "public_ip.changed"]
    assert first.values == [1.0, 1000.0]
    assert first.inventories["public_ip"] == [
        {"family": "ipv4", "state": "up", "address": "203.0.113.7", "since_ms": 1_000_000, "error": ""}
    ]
    meter.configure({"ipv4_url": f"http://{end.address}/"})
    assert meter.read(HOST, 1_000_001).values == [1.0, 1000.0], "the same settings again forget nothing"
    told[0] = "203.0.113.8"
    assert meter.read(HOST, 1_000_000 + KEPT_MS - 1).values == [1.0, 1000.0]
    assert len(end.asked) == 1
    assert meter.read(HOST, 1_000_000 + KEPT_MS).values == [1.0, 1060.0]
    meter.read(HOST, 5)
    assert len(end.asked) == 3, "a clock that was set back asks again"


def test_after_failures_it_is_asked_more_and_more_seldom(answered):
    end = answered(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
    meter = PublicIpMeter()
    meter.configure({"ipv4_url": f"http://{end.address}/"})
    for now_ms in range(0, 4 * BACKOFF_MS_MAX, KEPT_MS):
        reading = meter.read(HOST, now_ms)
        assert reading.values == [0.0, None]
        assert "status 500" in str(reading.trouble)
    assert 6 <= len(end.asked) <= 11
    assert reading.inventories["public_ip"][0]["state"] == "down"


def test_families_are_asked_apart_and_one_that_fails_costs_no_other(answered):
    end = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n203.0.113.7")
    meter = PublicIpMeter()
    meter.configure({"ipv4_url": f"http://{end.address}/", "ipv6_url": f"http://{end.address}/"})
    reading = meter.read(HOST, 0)
    assert [dict(one.labels)["family"] for one in reading.series] == ["ipv4", "ipv4", "ipv6", "ipv6"]
    assert reading.values == [1.0, 0.0, 0.0, None]
    assert reading.trouble is None
    assert len(end.asked) == 1, "an IPv4 address is not asked over IPv6"


def test_a_lookup_that_is_not_trusted(answered):
    end = answered(b"", "tls")
    meter = PublicIpMeter()
    meter.configure({"ipv4_url": f"https://{end.address}/"})
    assert "certificate" in str(meter.read(HOST, 0).trouble)
