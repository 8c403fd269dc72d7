"""Meters that run aside: their results, settings, probes and programs; the rest of the runner is in test_meter."""

import os
import threading
import time

from wakeful_agent.capabilities import granted
from wakeful_agent.host.files import Host
from wakeful_agent.meter import Option, Reading
from wakeful_agent.runner import Runner
from wakeful_wire.schema import series

from .test_meter import Given, outcomes

ONE = [series("a.b")]


class Aside(Given):
    """A meter that runs beside the ticks."""

    aside = True


def test_a_meter_that_runs_aside_holds_no_tick_up():
    gate, seen = threading.Event(), []

    def slow(now_ms):
        gate.wait(60)
        seen.append(now_ms)
        return Reading(ONE, [1])

    runner = Runner(Host(), [Aside("slow", slow), Given("quick", lambda _: Reading(ONE, [2]))])
    assert outcomes(runner.collect(1_000, wait=False)) == {"quick": "ok"}
    assert outcomes(runner.collect(2_000, wait=False)) == {"quick": "ok"}
    gate.set()
    assert outcomes(runner.collect(3_000, ["slow"])) == {"slow": "ok"}
    assert len(seen) == 1
    assert 1_000 <= seen[0] < 3_000
    assert outcomes(runner.collect(4_000, [], wait=False)) == {}
    runner.close()


def test_one_that_hangs_aside_is_left_behind_and_the_end_never_waits():
    gate, said = threading.Event(), []
    meters = [Aside("hung", lambda _: gate.wait(60)), Aside("fine", lambda _: Reading(ONE, [1]))]
    meters[0].budget_seconds = 0.05
    runner = Runner(Host(), meters, said.append)
    begun = time.monotonic()
    assert outcomes(runner.collect(0)) == {"hung": "timeout", "fine": "ok"}
    assert outcomes(runner.collect(0)) == {"hung": "timeout", "fine": "ok"}
    assert runner.hung() == ["hung"]
    runner.close()
    assert time.monotonic() - begun < 30
    assert said == ["meter hung: timeout: has not come back within its 0.05 s"]
    gate.set()


def test_probes_of_meters_aside_come_when_they_come():
    gate = threading.Event()
    meter = Aside("slow", lambda _: Reading(ONE, [1]))
    meter.probe = lambda host: gate.wait(60) and granted("slow")
    quick = Given("quick", lambda _: Reading(ONE, [2]))
    quick.probe = lambda host: granted("quick")
    runner = Runner(Host(), [meter, quick])
    assert [item.name for item in runner.probe(wait=False)] == ["quick"]
    gate.set()
    assert [item.name for item in runner.probe(names=["slow"])] == ["slow", "quick"]
    assert outcomes(runner.collect(0)) == {"slow": "ok", "quick": "ok"}
    runner.forget_refusals()
    runner.close()


class Watched(Aside):
    """Notes what it is configured with, and in which thread."""

    options = (Option("lines", True, ""),)

    def configure(self, options):
        super().configure(options)
        self.taken = [*getattr(self, "taken", []), (dict(options), threading.current_thread().name)]


def test_a_meter_is_configured_only_with_what_is_new_and_never_while_it_runs():
    gate, begun = threading.Event(), threading.Event()

    def slow(_now_ms):
        begun.set()
        gate.wait(60)
        return Reading(ONE, [1 if meter.chosen["lines"] else 0])

    meter, quick = Watched("slow", slow), Watched("quick", lambda _: Reading(ONE, [2]))
    quick.aside = False
    runner = Runner(Host(), [meter, quick])
    assert runner.configure("quick", {"lines": False})
    assert not runner.configure("quick", {"lines": False})
    assert quick.taken[1:] == [({"lines": False}, "MainThread")]
    assert runner.configure("slow", {"lines": True})
    runner.collect(0, ["slow"], wait=False)
    assert begun.wait(30)
    assert runner.configure("slow", {"lines": False})
    assert meter.chosen == {"lines": True}, "it runs"
    gate.set()
    runner._background.wait(["slow"])
    assert outcomes(runner.collect(2_000, [], wait=False)) == {}, "what was read for other settings is not used"
    assert runner.take_stale() == {"slow"}
    assert runner.take_stale() == set()
    assert list(runner.collect(3_000, ["slow"]).results["slow"].values) == [0]
    assert meter.taken[1:] == [({"lines": True}, "background"), ({"lines": False}, "background")]
    runner.close()


def test_a_probe_takes_new_options_too_unless_its_meter_hangs():
    gate = threading.Event()
    meter = Watched("slow", lambda _: gate.wait(60))
    meter.budget_seconds = 0.05
    meter.probe = lambda host: granted("slow", str(meter.chosen["lines"]))
    runner = Runner(Host(), [meter])
    runner.configure("slow", {"lines": False})
    assert [item.reason for item in runner.probe()] == ["False"]
    assert outcomes(runner.collect(0)) == {"slow": "timeout"}
    runner.configure("slow", {"lines": True})
    assert [item.reason for item in runner.probe()] == ["False"]
    gate.set()
    runner.close()


def test_the_end_leaves_no_program_behind(tmp_path):
    program = tmp_path / "forever"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid; exec sleep 600\n")
    program.chmod(0o755)
    host = Host(str(tmp_path), programs=(str(tmp_path),))
    meter = Aside("runs", None)
    meter.read = lambda host, now_ms: host.run(["forever"], 60)
    runner = Runner(host, [meter])
    runner.collect(0, wait=False)
    ends = time.monotonic() + 30
    while time.monotonic() < ends and not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
        time.sleep(0.01)
    runner.close()
    pid = int((tmp_path / "pid").read_text())
    ends = time.monotonic() + 30
    while time.monotonic() < ends and os.path.exists(f"/proc/{pid}/cwd"):
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{pid}/cwd")


def finish(runner, gate, now_ms):
    """Begin to read, and let it come to its end only when this collecting, which shall not have it, is over."""
    gate.clear()
    assert outcomes(runner.collect(now_ms, ["slow"], wait=False)) == {}
    gate.set()
    runner._background.wait(["slow"])


def test_what_was_read_for_other_settings_is_dropped_however_far_it_came():
    gate = threading.Event()
    meter = Watched("slow", lambda _: gate.wait(60) and Reading(ONE, [1 if meter.chosen["lines"] else 0]))
    runner = Runner(Host(), [meter])
    runner.configure("slow", {"lines": True})
    finish(runner, gate, 0)
    runner.configure("slow", {"lines": False})
    found = runner.collect(1, ["slow"]).results
    assert list(found["slow"].values) == [0], "what had finished before it was begun is not used"
    assert runner.take_stale() == {"slow"}
    finish(runner, gate, 2)
    runner.capabilities()
    runner.configure("slow", {"lines": True})
    assert outcomes(runner.collect(3, [], wait=False)) == {}, "it had been fetched already"
    assert runner.take_stale() == {"slow"}
    assert list(runner.collect(4, ["slow"]).results["slow"].values) == [1]
    runner.close()


def test_an_error_of_other_settings_is_dropped_too():
    gate = threading.Event()
    meter = Watched("slow", lambda _: gate.wait(60) and 1 / 0)
    runner = Runner(Host(), [meter])
    runner.configure("slow", {"lines": True})
    finish(runner, gate, 0)
    runner.configure("slow", {"lines": False})
    assert outcomes(runner.collect(1, [], wait=False)) == {}
    assert runner.take_stale() == {"slow"}
    assert outcomes(runner.collect(3, ["slow"])) == {"slow": "failed"}
    runner.close()
