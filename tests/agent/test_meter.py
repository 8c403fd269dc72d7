import os
import threading
import time

import pytest

from wakeful_agent.capabilities import granted
from wakeful_agent.host.errors import Absent, Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meter import (
    DISABLED,
    SERIES_OF_A_METER_MAX,
    Columns,
    Meter,
    NoData,
    Option,
    Probe,
    Reading,
    Result,
)
from wakeful_agent.runner import Runner, finite
from wakeful_wire.push import OUTCOMES, parse_meters
from wakeful_wire.schema import series

ONE = [series("a.b")]


class Given(Meter):
    """A meter that does what the test gives it."""

    budget_seconds = 2.0

    def __init__(self, name, function):
        super().__init__()
        self.name = name
        self.function = function

    def read(self, host, now_ms):
        return self.function(now_ms)


def raising(error):
    def function(_now_ms):
        raise error

    return function


def outcomes(collected):
    return {name: result.outcome for name, result in collected.results.items()}


def test_every_way_a_run_can_end():
    meters = [
        Given("good", lambda now_ms: Reading(ONE, [now_ms], {"x": [1]})),
        Given("none", raising(NoData("nothing here"))),
        Given("absent", raising(Absent("/x: No such file"))),
        Given("denied", raising(Denied("/x: Permission denied"))),
        Given("broken", raising(HostError("/x: Input/output error"))),
        Given("wrong", raising(KeyError("a\nb" + "c" * 9999))),
        Given("exit", raising(SystemExit(3))),
        Given("odd", lambda _: Reading(ONE, [1, 2])),
        Given("words", lambda _: Reading(ONE, ["x"])),
        Given("void", lambda _: None),
    ]
    collected = Runner(Host(), meters).collect(5)
    assert collected.time_ms == 5
    assert outcomes(collected) == {
        "good": "ok",
        "none": "nothing",
        "absent": "nothing",
        "denied": "refused",
        "broken": "failed",
        "wrong": "failed",
        "exit": "failed",
        "odd": "failed",
        "words": "failed",
        "void": "failed",
    }
    assert collected.results["odd"].error == "ValueError: 1 series have 2 values"
    assert (collected.results["good"].series, collected.results["good"].values) == (ONE, [5])
    assert collected.results["good"].inventories == {"x": [1]}
    assert collected.results["wrong"].error.startswith("KeyError: ")
    documents = {name: result.document() for name, result in collected.results.items()}
    assert {outcome.outcome for outcome in parse_meters(documents).values()} <= set(OUTCOMES)
    assert Result(DISABLED).document() == {"outcome": "disabled", "error": "", "seconds": 0.0}


def test_only_what_is_due_and_known_is_read():
    runner = Runner(Host(), [Given("a", lambda _: Reading([], [])), Given("b", lambda _: Reading([], []))])
    assert list(runner.collect(0, ["b", "unknown"]).results) == ["b"]
    assert list(runner.collect(0, []).results) == []
    assert list(runner.collect(0).results) == ["a", "b"]


def test_a_hung_meter_costs_its_own_samples_and_nothing_else(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    host = Host(str(tmp_path))
    meters = [
        Given("before", lambda _: Reading(ONE, [1])),
        Given("hung", lambda _: host.read("fifo")),
        Given("after", lambda _: Reading(ONE, [2])),
    ]
    meters[1].budget_seconds = 0.1
    said = []
    runner = Runner(host, meters, said.append)
    begun = time.monotonic()
    first, second = runner.collect(0), runner.collect(1)
    assert time.monotonic() - begun < 20
    for collected in (first, second):
        assert outcomes(collected) == {"before": "ok", "hung": "timeout", "after": "ok"}
        assert collected.results["hung"].error == "has not come back within its 0.1 s"
        assert collected.results["hung"].series == ()
    assert runner.hung() == ["hung"]
    assert said == ["meter hung: timeout: has not come back within its 0.1 s"]
    runner.close()
    meters[1].function = lambda _: Reading(ONE, [3])
    meters[1].budget_seconds = 30
    with open(tmp_path / "fifo", "w"):  # whoever waits for a writer goes on
        pass
    for _ in range(3000):
        if not runner.hung():
            break
        time.sleep(0.01)
    assert outcomes(runner.collect(2))["hung"] == "ok"
    assert said[1:] == ["meter hung: ok"]
    runner.close()


def test_when_too_much_hangs_the_rest_is_not_started():
    event = threading.Event()
    meters = [Given(f"hung{number}", lambda _: event.wait(30)) for number in range(17)]
    for meter in meters:
        meter.budget_seconds = 0.01
    runner = Runner(Host(), meters)
    results = runner.collect(0).results
    assert results["hung16"].outcome == "timeout"
    assert results["hung16"].error == "was not started: too much hangs"
    event.set()
    runner.close()


def test_a_change_is_said_once_and_coming_or_going_data_is_no_news():
    said = []
    meter = Given("m", lambda _: Reading(ONE, [1]))
    runner = Runner(Host(), [meter], said.append)
    good = meter.function
    for function in (good, raising(NoData("-")), good, raising(Denied("x")), raising(Denied("x")), good):
        meter.function = function
        runner.collect(0)
    for text in ("one", "one", "two"):
        meter.function = raising(HostError(text))
        runner.collect(0)
    assert said == ["meter m: refused: x", "meter m: ok", "meter m: failed: one", "meter m: failed: two"]


def test_a_series_is_named_once_and_a_meter_has_at_most_so_many():
    many = [series("a.b", n=str(number)) for number in range(SERIES_OF_A_METER_MAX + 5)]
    runner = Runner(Host(), [Given("m", lambda _: Reading([*ONE, *ONE, *many], [1, 2, *range(len(many))]))])
    result = runner.collect(0).results["m"]
    assert len(result.series) == len(result.values) == SERIES_OF_A_METER_MAX
    assert result.outcome == "ok"
    assert result.error == "7 series are left out: doubles, or more than 4000"
    assert (result.series[0], result.values[0]) == (ONE[0], 1)
    assert (result.series[1], result.values[1]) == (many[0], 0)
    assert runner.collect(1).results["m"].series is result.series


def test_a_meter_may_have_more_series_where_it_says_so():
    many = [series("a.b", n=str(number)) for number in range(SERIES_OF_A_METER_MAX + 5)]
    meter = Given("m", lambda _: Reading(many, [0] * len(many)))
    meter.series_most = len(many) - 1
    assert len(Runner(Host(), [meter]).collect(0).results["m"].series) == len(many) - 1


def test_an_unchanged_list_of_series_is_handed_on_as_it_is():
    runner = Runner(Host(), [Given("m", lambda _: Reading(ONE, [1]))])
    assert runner.collect(0).results["m"].series is ONE
    assert runner.collect(1).results["m"].series is ONE


def test_what_json_has_no_number_for_is_no_reading():
    values = [1, None, 2.5]
    assert finite(values) is values
    assert finite([1, float("nan"), float("inf"), -float("inf"), None, 10**400, -1e299]) == [
        1,
        None,
        None,
        None,
        None,
        None,
        -1e299,
    ]


def test_trouble_ends_a_run_and_what_was_read_travels_all_the_same():
    columns = [series("x.up", target="a")]
    documents = {"x": [{"target": "a", "state": "down"}]}
    reading = Reading(columns, [0.0], documents, Denied("the socket may not be opened\n"))
    runner = Runner(Host(), [Given("given", lambda _now_ms: reading)])
    [result] = runner.collect(0).results.values()
    runner.close()
    assert result[:2] == ("refused", "the socket may not be opened\ufffd")
    assert (result.series, result.values, result.inventories) == (columns, [0.0], documents)


def test_columns_hand_out_the_same_list_while_things_are_the_same():
    made = []

    def make(key):
        made.append(key)
        return [series("a", key=key), series("b", key=key)]

    columns = Columns(make)
    first = columns.of(["x", "y"])
    assert columns.of(["x", "y"]) is first
    second = columns.of(["y", "z"])
    assert second[:2] == first[2:]
    assert second[0] is first[2]
    assert made == ["x", "y", "z"]
    assert columns.of([]) == []


def test_a_probe_looks_at_the_meters_source(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").write_text("")
    (tmp_path / "folder").mkdir()
    host = Host(str(tmp_path))
    meter = Given("m", raising(NoData("-")))
    meter.name, meter.fix, meter.exposes = "m", "do this", "that"
    found = {}
    for source in ("file", "empty", "gone", "folder/"):
        meter.source = source
        found[source] = meter.probe(host)
    assert [item.available for item in found.values()] == [True, False, False, False]
    assert found["gone"].reason == "/gone: No such file or directory"
    assert found["empty"].reason == "/empty is empty"
    assert (found["gone"].fix, found["gone"].exposes) == ("do this", "that")


def test_a_probe_that_hangs_or_fails_is_a_missing_capability(monkeypatch):
    monkeypatch.setattr("wakeful_agent.runner.PROBE_BUDGET_SECONDS", 0.05)
    event = threading.Event()
    probes = [
        Probe("good", lambda _: granted("good")),
        Probe("hung", lambda _: event.wait(30)),
        Probe("bad", lambda _: 1 // 0),
    ]
    runner = Runner(Host(), [])
    found = {item.name: item for item in runner.probe(probes)}
    assert found["good"].available
    assert found["hung"].reason == "did not answer in time"
    assert found["bad"].reason.startswith("the probe failed: ")
    event.set()
    runner.close()


OPTIONS = (
    Option("count", 10, "", least=1, most=20),
    Option("flag", False, ""),
    Option("names", [], ""),
    Option("local", False, "", local=True),
)


def test_options_not_given_have_their_defaults():
    class Tuned(Meter):
        options = OPTIONS

        def read(self, host, now_ms):
            return Reading((), ())

    meter = Tuned()
    assert meter.chosen == {"count": 10, "flag": False, "names": [], "local": False}
    meter.configure({"count": 3})
    assert meter.chosen["count"] == 3
    meter.configure({})
    assert meter.chosen["count"] == 10


def test_a_secret_is_told_or_in_a_file(tmp_path):
    class Asks(Given):
        options = (Option("password", "", "p", local=True, secret=True), Option("password_file", "", "f", local=True))

    meter = Asks("asks", None)
    host = Host(str(tmp_path))
    assert meter.secret(host) == ""
    (tmp_path / "pw").write_text("hunter2\n")
    (tmp_path / "pw").chmod(0o600)
    meter.configure({"password_file": "/pw"})
    assert meter.secret(host) == "hunter2"
    meter.configure({"password": "told", "password_file": "/pw"})
    assert meter.secret(host) == "told"
    meter.configure({"password_file": "/nobody"})
    with pytest.raises(Absent):
        meter.secret(host)
