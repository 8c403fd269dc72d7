import threading
import time

import pytest

from wakeful_agent.capabilities import Capability, granted
from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.network.targets import Target
from wakeful_agent.options import check_options
from wakeful_agent.runner import Runner
from wakeful_agent.service import LOOK_MS, Answered, ServiceMeter


class Shop(ServiceMeter):
    """Asks what the test put at an address."""

    name = "shop"
    fix = "usermod -a -G shop wakeful"
    exposes = "the till"

    def __init__(self, places=None, every=False):
        super().__init__()
        self.places = places or {}
        self.asked = []
        self.every = every

    def usual(self, host):
        return [Target(address, address) for address in ("a", "b")]

    def ask(self, host, target, now_ms):
        self.asked.append(target.address)
        place = self.places.get(target.address, Absent(f"there is no socket {target.address}"))
        if callable(place):
            place = place()
        if isinstance(place, BaseException):
            raise place
        return place


def customers(number, **about):
    return Answered([("shop.customers", {"door": "main"}, number), ("shop.sold", {}, 7.0)], about)


def set_up(places, *targets, **options):
    meter = Shop(places)
    meter.configure({"targets": list(targets), **options})
    return meter


def values(reading):
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(reading.series, reading.values)}


HOST = Host("/nowhere")


def test_each_target_has_its_samples_and_its_row():
    meter = set_up({"x": customers(3, version="1.2"), "y": customers(4)}, "one=x", "y")
    reading = meter.read(HOST, 0)
    assert values(reading) == {
        ("shop.up", "one"): 1.0,
        ("shop.customers", "main", "one"): 3,
        ("shop.sold", "one"): 7.0,
        ("shop.up", "y"): 1.0,
        ("shop.customers", "main", "y"): 4,
        ("shop.sold", "y"): 7.0,
    }
    assert reading.inventories == {
        "shop": [
            {"target": "one", "state": "up", "error": "", "version": "1.2"},
            {"target": "y", "state": "up", "error": ""},
        ]
    }
    assert reading.trouble is None
    assert meter.probe(HOST) == ("shop", True, "2 targets", "", "")


def test_a_dead_target_costs_only_itself():
    places = {"x": customers(3, version="1.2"), "y": customers(4)}
    meter = set_up(places, "x", "y")
    first = meter.read(HOST, 0)
    places["x"] = HostError("nothing listens at x")
    second = meter.read(HOST, 1)
    assert second.series is first.series, "its series stay, without values"
    assert second.values == [0.0, None, None, 1.0, 4, 7.0]
    assert second.inventories["shop"][0] == {
        "target": "x",
        "state": "down",
        "error": "nothing listens at x",
        "version": "1.2",
    }
    assert second.trouble is None
    places["x"] = customers(5)
    third = meter.read(HOST, 2)
    assert third.series is first.series
    assert third.values[:3] == [1.0, 5, 7.0]


def test_a_target_that_was_never_up_says_so():
    reading = set_up({"x": ValueError("bug\x00")}, "x").read(HOST, 0)
    assert values(reading) == {("shop.up", "x"): 0.0}
    assert reading.inventories["shop"][0]["error"] == "ValueError: bug\ufffd"
    assert str(reading.trouble) == "x: ValueError: bug\x00".replace("\x00", "\ufffd")


def test_what_answers_and_is_wrong_is_down_with_its_samples():
    places = {"x": customers(3)._replace(error="status 500")}
    reading = set_up(places, "x").read(HOST, 0)
    assert reading.values == [0.0, 3, 7.0]
    assert str(reading.trouble) == "x: status 500"


def test_what_refuses_us_is_neither_up_nor_down():
    meter = set_up({"x": Denied("x may not be opened"), "y": Denied("no")}, "x", "y")
    reading = meter.read(HOST, 0)
    assert reading.values == [None, None]
    assert isinstance(reading.trouble, Denied)
    assert [row["state"] for row in reading.inventories["shop"]] == ["refused", "refused"]
    assert meter.probe(HOST) == ("shop", False, "x: x may not be opened", Shop.fix, Shop.exposes)
    meter.places["y"] = customers(1)
    assert meter.read(HOST, 1).trouble is None
    assert meter.probe(HOST).available


def test_when_none_of_several_is_up_the_run_failed_and_its_samples_travel():
    meter = set_up({"x": Denied("no"), "y": Malformed("garbage")}, "x", "y")
    runner = Runner(HOST, [meter])
    [result] = runner.collect(0).results.values()
    runner.close()
    assert (result.outcome, result.error) == ("failed", "none of 2 targets is up; x: no")
    assert result.values == [None, 0.0]


def test_series_that_come_and_go_within_a_target():
    places = {"x": customers(3)}
    meter = set_up(places, "x")
    first = meter.read(HOST, 0)
    places["x"] = Answered([("shop.sold", {}, 8.0)])
    second = meter.read(HOST, 1)
    assert values(second) == {("shop.up", "x"): 1.0, ("shop.sold", "x"): 8.0}
    assert first.series is not second.series


def test_labels_are_hostile_text():
    places = {"x": Answered([("shop.customers", {"door": "<b>\n\x1b[31m" + "x" * 1000}, 1.0)])}
    reading = set_up(places, "x").read(HOST, 0)
    [door] = [dict(one.labels)["door"] for one in reading.series if one.name == "shop.customers"]
    assert door.startswith("<b>\ufffd\ufffd[31m")
    assert len(door) == 512


def test_texts_that_are_no_targets_are_told_beside_those_that_are():
    meter = set_up({"x": customers(1)}, "x nonsense", "x")
    reading = meter.read(HOST, 0)
    assert [(row["target"], row["state"]) for row in reading.inventories["shop"]] == [("target 1", "down"), ("x", "up")]
    alone = set_up({}, "x nonsense")
    assert "words like" in str(alone.read(HOST, 0).trouble)
    assert "words like" in alone.probe(HOST).reason
    assert alone.asked == []


def test_without_targets_the_first_usual_place_that_answers_is_one():
    meter = Shop({"a": customers(1), "b": customers(2)})
    assert ("shop.up", "a") in values(meter.read(HOST, 0))
    meter.asked.clear()
    assert [key[0] for key in values(meter.read(HOST, LOOK_MS))] == ["shop.up", "shop.customers", "shop.sold"]
    assert meter.asked == ["a"], "what is found is not looked for again"
    meter.places["a"] = HostError("nothing listens at a")
    assert meter.read(HOST, LOOK_MS + 1).values == [0.0, None, None], "it was there: now it is down"
    meter.places["a"] = Absent("there is no socket a")
    with pytest.raises(NoData):
        meter.read(HOST, LOOK_MS + 2)
    assert ("shop.up", "b") in values(meter.read(HOST, 3 * LOOK_MS)), "its socket is gone: another is looked for"


def test_all_usual_places_that_answer():
    meter = Shop({"a": customers(1)}, every=True)
    assert ("shop.up", "b") not in values(meter.read(HOST, 0))
    meter.places["b"] = customers(2)
    assert ("shop.up", "b") not in values(meter.read(HOST, 1))
    assert set(values(meter.read(HOST, LOOK_MS))) >= {("shop.up", "a"), ("shop.up", "b")}
    meter.places["a"] = HostError("nothing listens at a")
    assert values(meter.read(HOST, 2 * LOOK_MS))["shop.up", "a"] == 0.0


def test_nothing_at_the_usual_places_is_looked_for_seldom():
    meter = Shop({"a": HostError("nothing listens at a"), "b": Malformed("b is no shop")})
    for now_ms in (0, 1, LOOK_MS - 1):
        with pytest.raises(NoData, match="nothing listens at a; b is no shop"):
            meter.read(HOST, now_ms)
    assert sorted(meter.asked) == ["a", "b"]
    assert meter.probe(HOST) == ("shop", False, "nothing listens at a; b is no shop", Shop.fix, Shop.exposes)
    meter.places["b"] = customers(1)
    assert meter.probe(HOST).available
    assert meter.read(HOST, LOOK_MS).values == [1.0, 1, 7.0]


def test_a_usual_place_that_refuses_us_is_one():
    meter = Shop({"a": Denied("a may not be opened")})
    assert meter.probe(HOST).reason.startswith("a may not be opened")
    reading = meter.read(HOST, 0)
    assert reading.values == [None]
    assert isinstance(reading.trouble, Denied)


def test_a_meter_without_usual_places_asks_for_targets():
    class Plain(Shop):
        usual = ServiceMeter.usual

    with pytest.raises(NoData, match="nothing of it is at its usual places"):
        Plain().read(HOST, 0)
    assert Plain().probe(HOST).reason == "nothing of it is at its usual places"


def test_looking_for_usual_places_may_find_nothing():
    class Lost(Shop):
        def usual(self, host):
            raise Absent("no configuration")

    assert Lost().probe(HOST).reason == "no configuration"
    with pytest.raises(Absent):
        Lost().read(HOST, 0)


def test_a_target_that_hangs_is_late_and_costs_no_other(monkeypatch):
    gate = threading.Event()
    meter = set_up({"x": gate.wait, "y": customers(2)}, "x", "y")
    meter.budget_seconds = 1.2
    begun = time.monotonic()
    reading = meter.read(HOST, 0)
    assert time.monotonic() - begun < 10
    assert reading.values == [0.0, 1.0, 2, 7.0]
    assert reading.inventories["shop"][0]["error"] == "did not answer in time"
    gate.set()


def test_options():
    accepted, problems = check_options(Shop.options, {"targets": ["a"], "timeout_seconds": 2.5}, True)
    assert problems == []
    assert set_up({}, **accepted).timeout_seconds == 2.5
    _, problems = check_options(Shop.options, {"targets": ["a"]}, False)
    assert len(problems) == 1, "targets are the machine's own matter"


def test_a_refusal_is_believed_for_a_while_where_the_meter_says_so():
    meter = set_up({"x": Denied("no"), "y": customers(1)}, "x", "y")
    for now_ms in (0, 1000):
        meter.read(HOST, now_ms)
    assert meter.asked.count("x") == 2
    meter.refusal_ms = 300_000
    for now_ms in (1000, 60_000, 299_999):
        assert meter.read(HOST, now_ms).inventories["shop"][0]["state"] == "refused"
    assert meter.asked.count("x") == 2
    assert meter.asked.count("y") == 5
    meter.places["x"] = customers(2)
    assert values(meter.read(HOST, 301_000))["shop.up", "x"] == 1
    assert values(meter.read(HOST, 301_001))["shop.up", "x"] == 1


def test_new_options_a_probe_and_a_clock_set_back_end_the_belief():
    meter = set_up({"x": Denied("no")}, "x")
    meter.refusal_ms = 300_000
    for now_ms in (5000, 4000):
        meter.read(HOST, now_ms)
    assert meter.asked == ["x", "x"]
    meter.configure({"targets": ["x"]})
    for now_ms in (4001, 4002):
        meter.read(HOST, now_ms)
    assert meter.asked == ["x", "x", "x"]
    assert not meter.probe(HOST).available
    meter.read(HOST, 4003)
    assert meter.asked == ["x", "x", "x", "x"], "who looks again at what may be done here wants it asked again"


def test_a_meter_with_a_login_knows_before_its_first_reading_that_it_is_refused():
    meter = set_up({"x": Denied("no"), "y": HostError("nothing listens at y"), "z": customers(1)}, "x")
    assert meter.probe(HOST).available, "without a login nobody asks for that"
    meter.refusal_ms = 300_000
    found = meter.probe(HOST)
    assert (found.available, found.reason, found.fix) == (False, "no", "usermod -a -G shop wakeful")
    for targets, reason in ((["x", "z"], "2 targets"), (["y"], "1 target"), (["x", "y"], "2 targets")):
        meter.configure({"targets": targets})
        assert meter.probe(HOST) == granted("shop", reason)


def test_what_a_target_hides_is_told_with_the_way_to_it():
    class Shy(Shop):
        def lacking(self, about):
            return "" if about["sees_all"] else "sees its own customers only"

    meter = Shy({"x": customers(1, sees_all=False), "y": customers(2, sees_all=True), "z": HostError("closed")})
    meter.configure({"targets": ["x", "y", "z"]})
    meter.read(HOST, 0)
    found = meter.probe(HOST)
    assert found == Capability("shop", True, "x: sees its own customers only", meter.fix, meter.exposes)
    meter.places["x"] = customers(1, sees_all=True)
    meter.read(HOST, 1)
    assert meter.probe(HOST) == granted("shop", "3 targets")


def test_one_of_several_that_refuses_is_told_with_the_way_in():
    meter = set_up({"x": Denied("no"), "y": customers(1)}, "x", "y")
    meter.read(HOST, 0)
    assert meter.probe(HOST) == Capability("shop", True, "x: no", meter.fix, meter.exposes)
