import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.snmp import IF_TABLE, IF_X_TABLE, Value, interfaces, parse_objects, unwrapped

# net-snmp 5.9.3 asking its own snmpd on Debian 12; hardware addresses are examples.
CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "snmp"


def captured(name):
    return (CAPTURED / name).read_text("utf-8")


def tables(**changes):
    text = captured("ifTable") + captured("ifXTable")
    for before, after in changes.items():
        text = text.replace(before, after)
    return parse_objects(text)


def test_values_of_every_kind_and_none_for_what_is_not_there():
    found = parse_objects(captured("system"))
    assert found[".1.3.6.1.2.1.1.1.0"].shown == "Linux vm 6.18.44-fc-v595 #1 SMP PREEMPT_DYNAMIC @0 x86_64"
    assert found[".1.3.6.1.2.1.1.2.0"] == Value("OID", ".1.3.6.1.4.1.8072.3.2.10")
    assert found[".1.3.6.1.2.1.1.3.0"].number == 17729
    assert found[".1.3.6.1.2.1.1.5.0"].shown == "switch-1"
    assert found[".1.3.6.1.4.1.2021.10.1.3.1"].number == 0.94, "a number that the device writes as text"
    assert found[".1.3.6.1.4.1.2021.10.1.6.1"].number == 0.936523
    assert found[".1.3.6.1.2.1.6.10.0"] == Value("Counter32", "2078668")
    assert ".1.3.6.1.4.1.99999.1.0" not in found


@pytest.mark.parametrize(
    ("said", "number", "shown"),
    [
        ("INTEGER: -5", -5, "-5"),
        ("Counter64: 18446744073709551615", 2**64 - 1, "18446744073709551615"),
        ("IpAddress: 192.0.2.1", None, "192.0.2.1"),
        ("Network Address: C0:00:02:01", None, "C0:00:02:01"),
        ('STRING: "text"', None, "text"),
        ('""', None, ""),
        ("Hex-STRING: 00", None, ""),
        ("Hex-STRING: FF FE 07", None, "\ufffd\ufffd\ufffd"),
        ("BITS: 80 ", None, "\ufffd"),
        ("Gauge32: 1" + "0" * 40, None, "1" + "0" * 40),
    ],
)
def test_a_value(said, number, shown):
    found = parse_objects(f".1.3.6.1 = {said}\n")[".1.3.6.1"]
    assert (found.number, found.shown) == (number, shown)


@pytest.mark.parametrize("said", ["", "NULL", "No Such Instance currently exists at this OID", "Hex-STRING: XY", "?"])
def test_what_is_no_value(said):
    assert parse_objects(f".1.3 = {said}\n") == {}


def test_no_text_of_a_device_can_be_taken_for_another_object():
    hostile = "\n.1.3.6.1.2.1.1.3.0 = 1"
    coded = " ".join(f"{byte:02X}" for byte in hostile.encode())
    assert list(parse_objects(f".1.3.6.1.2.1.1.5.0 = Hex-STRING: {coded}\n")) == [".1.3.6.1.2.1.1.5.0"]


def test_the_interfaces_with_64_bits_where_there_are():
    found = interfaces(tables())
    assert [one.name for one in found] == ["lo", "ifb0", "ifb1", "eth0"]
    ethernet = found[3]
    assert (ethernet.mac, ethernet.type, ethernet.up) == ("02:00:00:00:00:04", 6, True)
    assert found[0].mac == ""
    assert found[0].speed_bits == 10_000_000
    assert found[0].counters["sent"] == (12640807923, True)
    assert found[0].counters["errors_received"] == (0, False)
    assert found[1].up is None, "it is switched off, which is not down"


def test_an_old_device_has_32_bits_and_no_other_names():
    found = interfaces(parse_objects(captured("ifTable")))
    assert [one.name for one in found] == ["lo", "ifb0", "ifb1", "eth0"]
    number, wide = found[0].counters["sent"]
    assert not wide
    assert number < 2**32
    assert found[0].speed_bits == 10_000_000


def test_interfaces_of_one_name_are_told_apart():
    same = captured("ifTable").replace("69 66 62 31", "69 66 62 30")
    assert [one.name for one in interfaces(parse_objects(same))] == ["lo", "ifb0 #2", "ifb0 #3", "eth0"]
    nameless = "\n".join(f"{IF_TABLE}.8.{index} = INTEGER: 2" for index in (1, 7))
    found = interfaces(parse_objects(nameless))
    assert [(one.name, one.up, one.counters) for one in found] == [
        ("interface 1", False, {}),
        ("interface 7", False, {}),
    ]


def test_counters_that_are_none():
    objects = tables() | {f"{IF_X_TABLE}.6.1": Value("Counter64", "-1"), f"{IF_TABLE}.10.1": Value("Gauge32", "1.5")}
    assert "received" not in interfaces(objects)[0].counters
    assert interfaces({}) == []
    ends = ("", "1.2", "9" * 5000, ".")
    assert interfaces({f"{IF_TABLE}.8.{end}": Value("INTEGER", "1") for end in ends}) == []


def test_a_narrow_counter_is_counted_on_over_its_wraps():
    pair = None
    numbers = []
    for said in (4_000_000_000, 4_294_967_295, 5, 4_000_000_000, 10):
        pair = unwrapped(pair, said)
        numbers.append(sum(pair))
    assert numbers == [4_000_000_000, 4_294_967_295, 2**32 + 5, 2**32 + 4_000_000_000, 2**33 + 10]
    assert unwrapped((1000, 2**32), 10) == (10, 0), "a small fall is a counter that began anew"


@pytest.mark.parametrize("text", ["garbage", "<html>", "Timeout: No Response", "1.3.6 = INTEGER: 1"])
def test_what_is_no_answer(text):
    with pytest.raises(Malformed):
        parse_objects(text)


def test_an_empty_subtree_is_no_failure():
    assert parse_objects("") == {}
    end = "No more variables left in this MIB View (It is past the end of the MIB tree)"
    assert parse_objects(f".1.3.6.1.2.1.31.1.1.1 = {end}\n") == parse_objects(f"{end}\n") == {}


@given(st.sampled_from(["system", "ifTable", "ifXTable"]), st.text(), st.integers(0, 3000))
def test_no_answer_raises_anything_but_our_own(name, inserted, position):
    text = captured(name)
    try:
        for value in parse_objects(text[:position] + inserted + text[position + len(inserted) :]).values():
            assert isinstance(value.shown, str)
        interfaces(parse_objects(text[:position] + inserted + text[position:]))
    except Malformed:
        return
