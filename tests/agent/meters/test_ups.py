"""What upsd 2.8.0 says is in tests/agent/network/test_nut.py; here is what becomes of it."""

import pytest

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters import ups
from wakeful_agent.meters.ups import LOST, STATES, UpsMeter, states_of
from wakeful_agent.network.nut import Ups
from wakeful_wire.push import parse_inventories

VARIABLES = {
    "device.mfr": "EATON",
    "device.model": "5P 1550i ",
    "device.serial": "G000EXAMPL",
    "ups.status": "OL CHRG",
    "battery.charge": "96",
    "battery.runtime": "2310",
    "battery.voltage": "41.2",
    "ups.load": "23",
    "output.realpower": "248",
    "ups.power": "271",
    "input.voltage": "231.4",
    "output.voltage": "n/a",
    "input.frequency": "49.9",
    "battery.temperature": "31.5",
    "driver.name": "usbhid-ups",
}
RACK = Ups("rack", "A rack", VARIABLES)


def serving(served, each):
    """Serve what upsd would say of these; the list may be changed meanwhile."""

    def answer(line):
        if line == "LIST UPS":
            return "".join(
                ["BEGIN LIST UPS\n", *(f'UPS {one.name} "{one.description}"\n' for one in each), "END LIST UPS\n"]
            )
        name = line.rpartition(" ")[2]
        found = next((one for one in each if one.name == name), Ups("", "", {}, "UNKNOWN-UPS"))
        if found.error:
            return f"ERR {found.error}\n"
        rows = [f'VAR {name} {key} "{value}"\n' for key, value in found.variables.items()]
        return "".join([f"BEGIN LIST VAR {name}\n", *rows, f"END LIST VAR {name}\n"])

    def serve(channel):
        held = b""
        while part := channel.recv(1000):
            held += part
            *lines, held = held.split(b"\n")
            for line in lines:
                channel.sendall(answer(line.decode()).encode())

    return served(serve, "tcp").address


def read(meter, now_ms=0):
    reading = meter.read(Host(), now_ms)
    parse_inventories({name: {"hash": "x", "body": body} for name, body in reading.inventories.items()})
    values = {}
    for one, value in zip(*reading[:2]):
        labels = {key: label for key, label in one.labels if key != "target"}
        values[(one.name.removeprefix("ups."), *labels.values())] = value
    return values, reading


def meter_at(*targets):
    meter = UpsMeter()
    meter.configure({"targets": list(targets)})
    return meter


def test_a_ups(served):
    values, reading = read(meter_at(f"cellar={serving(served, [RACK])}"))
    states = {key[1]: value for key, value in values.items() if key[0] == "status"}
    assert {state for state, value in states.items() if value} == {"online", "charging"}
    assert set(states) == {*STATES.values(), LOST}
    assert {key: value for key, value in values.items() if key[0] != "status"} == {
        ("up",): 1,
        ("battery.charge", "rack"): 0.96,
        ("battery.runtime", "rack"): 2310,
        ("battery.voltage", "rack"): 41.2,
        ("load", "rack"): 0.23,
        ("power", "rack"): 248,
        ("apparent_power", "rack"): 271,
        ("temperature", "rack"): 31.5,
        ("voltage", "input", "rack"): 231.4,
        ("frequency", "input", "rack"): 49.9,
    }
    assert {dict(one.labels)["target"] for one in reading.series} == {"cellar"}
    assert reading.inventories == {
        "ups": [
            {
                "target": "cellar",
                "ups": "rack",
                "state": "online charging",
                "description": "A rack",
                "model": "5P 1550i",
                "vendor": "EATON",
                "serial": "G000EXAMPL",
                "firmware": "",
                "battery_type": "",
                "driver": "usbhid-ups",
                "error": "",
            }
        ]
    }


def test_a_ups_whose_cable_is_out_is_lost_and_keeps_its_series(served):
    each = [RACK, RACK._replace(name="desk")]
    meter = meter_at(serving(served, each))
    before, first = read(meter)
    each[0] = Ups("rack", "A rack", {}, "DATA-STALE")
    values, reading = read(meter)
    assert list(values) == list(before)
    assert values["status", "lost", "rack"] == 1
    assert values["status", "online", "rack"] == 0
    assert values["battery.charge", "rack"] is None
    assert values["battery.charge", "desk"] == 0.96
    row = reading.inventories["ups"][0]
    assert (row["state"], row["model"], row["error"]) == ("lost", "5P 1550i", "DATA-STALE")
    again = read(meter)[1]
    assert again.inventories["ups"] is reading.inventories["ups"], "the same while nothing changed"
    assert first.inventories["ups"] != again.inventories["ups"]


def test_a_ups_that_tells_nothing_without_an_error_keeps_its_series(served):
    each = [RACK]
    meter = meter_at(serving(served, each))
    before, _ = read(meter)
    each[0] = RACK._replace(variables={})
    values, reading = read(meter)
    assert list(values) == list(before)
    assert values["battery.charge", "rack"] is None
    assert reading.inventories["ups"][0]["model"] == "5P 1550i"
    assert reading.inventories["ups"][0]["state"] == ""


def test_one_server_that_is_down_costs_no_other(served):
    _, reading = read(meter_at(f"here={serving(served, [RACK])}", "there=127.0.0.1:1"))
    ups_of = {row["target"]: (row["ups"], row["state"], row["error"]) for row in reading.inventories["ups"]}
    assert ups_of == {
        "here": ("rack", "online charging", ""),
        "there": ("", "down", "nothing listens at 127.0.0.1:1"),
    }
    up = {dict(one.labels)["target"]: value for one, value in zip(*reading[:2]) if one.name == "ups.up"}
    assert up == {"here": 1, "there": 0}
    assert reading.trouble is None


def test_a_server_that_goes_down_takes_no_ups_from_the_list(served):
    meter = meter_at(f"cellar={serving(served, [RACK])}")
    before, _ = read(meter)
    meter.configure({"targets": ["cellar=127.0.0.1:1"]})
    values, reading = read(meter)
    assert list(values) == list(before)
    assert {value for key, value in values.items() if key != ("up",)} == {None}
    (row,) = reading.inventories["ups"]
    assert (row["ups"], row["state"], row["model"]) == ("rack", "lost", "5P 1550i")
    assert row["error"] == "nothing listens at 127.0.0.1:1"


def test_a_server_without_any_ups_is_up(served):
    values, reading = read(meter_at(f"cellar={serving(served, [])}"))
    assert values == {("up",): 1}
    assert reading.inventories["ups"] == [{"target": "cellar", "ups": "", "state": "up", "error": ""}]


def test_the_only_server_that_is_down_is_trouble():
    values, reading = read(meter_at("127.0.0.1:1"))
    assert values == {("up",): 0}
    assert isinstance(reading.trouble, HostError)


def test_without_targets_the_server_of_this_machine_is_asked_if_it_listens(served, monkeypatch):
    address = serving(served, [RACK])
    port = int(address.rpartition(":")[2])
    monkeypatch.setattr(ups, "PORT", port)
    meter = UpsMeter()
    assert meter.probe(Host()).available
    assert read(meter)[1].series[0].labels == (("target", "localhost"),)
    monkeypatch.setattr(ups, "PORT", 1)
    with pytest.raises(NoData):
        UpsMeter().read(Host(), 0)
    assert not UpsMeter().probe(Host()).available


@pytest.mark.parametrize(
    ("words", "states"),
    [
        ("OL", ["online"]),
        ("OB DISCHRG LB", ["on_battery", "discharging", "low_battery"]),
        ("OL TRIM RB OVER", ["online", "trimming", "replace_battery", "overloaded"]),
        ("", []),
        ("ECO <b>", []),
    ],
)
def test_states(words, states):
    assert states_of(Ups("a", "", {"ups.status": words})) == states
    assert states_of(Ups("a", "", {})) == []
