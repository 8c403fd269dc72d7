import pathlib
import time

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters import exec as exec_meter
from wakeful_agent.meters.exec import ExecMeter
from wakeful_agent.options import check_options
from wakeful_agent.runner import Runner

HOST = Host("/")


@pytest.fixture
def script(tmp_path):
    def make(name: str, body: str) -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    tmp_path.chmod(0o755)
    return make


def meter_of(timeout_seconds=5, **scripts):
    meter = ExecMeter()
    meter.configure({"scripts": scripts, "timeout_seconds": timeout_seconds})
    return meter


def read(meter, host=HOST):
    series, values, inventories, trouble = meter.read(host, 0)
    found = {(one.name, *dict(one.labels).values()): value for one, value in zip(series, values)}
    rows = {row["script"]: row for row in inventories["exec"]}
    return found, rows, trouble


def test_what_a_script_prints_is_measured(script):
    path = script("one", 'printf "# HELP q Queue\\n# TYPE q gauge\\nq{of=\\"%s\\"} $#\\n" "$1"')
    found, rows, trouble = read(meter_of(queue=[path, "two words", "; rm -rf *", "$HOME"]))
    assert found["q", "two words", "queue"] == 3
    assert found["exec.up", "queue"] == 1
    assert found["exec.code", "queue"] == 0
    assert 0 < found["exec.duration", "queue"] < 5
    assert rows == {"queue": {"script": "queue", "state": "ok", "code": 0, "error": ""}}
    assert trouble is None


def test_the_series_stay_the_same_list(script):
    meter = meter_of(a=[script("a", 'date +"a %s"')])
    assert meter.read(HOST, 0).series is meter.read(HOST, 1).series


def test_one_that_goes_wrong_costs_only_itself(script, tmp_path):
    flag = tmp_path / "flag"
    meter = meter_of(
        1,
        good=[script("good", "echo good 1")],
        fails=[script("fails", f"echo fails 1; [ ! -e '{flag}' ] || {{ echo secret >&2; exit 3; }}")],
        garbage=[script("garbage", "echo Verbindung verweigert")],
        nothing=[script("nothing", ":")],
        forever=[script("forever", "sleep 60 & sleep 60")],
        endless=[script("endless", "while :; do echo 'a 1'; done")],
        gone=["/nowhere/at/all"],
        relative=["good"],
    )
    assert read(meter)[0]["fails", "fails"] == 1
    flag.touch()
    began = time.monotonic()
    found, rows, trouble = read(meter)
    assert time.monotonic() - began < 10
    assert found["good", "good"] == 1
    assert found["fails", "fails"] is None
    assert found["exec.code", "fails"] == 3
    assert found["exec.up", "fails"] == found["exec.up", "forever"] == found["exec.up", "gone"] == 0
    assert {name: row["state"] for name, row in rows.items()} == {
        "good": "ok", "fails": "failed", "garbage": "failed", "nothing": "ok", "forever": "late",
        "endless": rows["endless"]["state"], "gone": "failed", "relative": "failed",
    }  # fmt: skip
    assert rows["endless"]["state"] in {"failed", "late"}
    assert rows["fails"]["error"] == "ended with 3"
    assert rows["garbage"]["error"].startswith("line 1: ")
    assert "whole path" in rows["relative"]["error"]
    assert "secret" not in str(trouble) + str(rows)


def test_a_script_that_others_may_change_is_not_run(script, tmp_path):
    path = script("loose", f"touch '{tmp_path}/was run'; echo a 1")
    pathlib.Path(path).chmod(0o777)
    meter = meter_of(loose=[path])
    runner = Runner(Host("/"), [meter])  # it closes its host for good
    result = runner.collect(0).results["exec"]
    runner.close()
    assert result.outcome == "refused"
    assert "may be changed by others" in result.error
    assert not (tmp_path / "was run").exists()
    capability = meter.probe(HOST)
    assert not capability.available
    assert "chmod go-w" in capability.reason


def test_when_time_runs_out_the_rest_comes_first_the_next_time(script, monkeypatch):
    monkeypatch.setattr(ExecMeter, "budget_seconds", 5.5)
    slow = script("slow", "sleep 2; echo a 1")
    meter = meter_of(5, a=[slow], b=[slow], c=[slow])
    first = {name: row["state"] for name, row in read(meter)[1].items()}
    assert first["a"] == "ok"
    assert first["c"] == "late"
    found, rows, _ = read(meter)
    assert list(rows) == ["a", "b", "c"]
    assert rows["c"]["state"] == "ok" or rows["b"]["state"] == "ok"
    assert found["exec.up", "a"] == 0


def test_times_and_too_many_labels_are_refused(script):
    labels = ",".join(f'l{number}="x"' for number in range(16))
    found, rows, _ = read(
        meter_of(timed=[script("t", "echo a 1 170000")], wide=[script("w", f"echo 'a{{{labels}}} 1'")])
    )
    assert "time of its own" in rows["timed"]["error"]
    assert rows["wide"]["error"] == "a has more than 15 labels"
    assert found["exec.up", "wide"] == 0


def test_there_are_bounds(script, monkeypatch):
    monkeypatch.setattr(exec_meter, "SCRIPTS_MAX", 2)
    monkeypatch.setattr(exec_meter, "MOST_SERIES", 7)
    path = script("many", "echo a 1; echo b 1; echo c 1")
    found, rows, trouble = read(meter_of(one=["/bin/echo", "x", "1"], two=[path], three=[path]))
    assert list(rows) == ["one", "two"]
    assert ("x", "one") in found
    assert ("a", "two") not in found
    assert "1 scripts are left out: at most 2 are run" in str(trouble)
    assert "two: its 3 series are left out" in str(trouble)


def test_without_scripts_there_is_nothing():
    with pytest.raises(NoData):
        ExecMeter().read(HOST, 0)
    assert "names no scripts" in ExecMeter().probe(HOST).reason


def test_the_probe_runs_nothing(script, tmp_path):
    meter = meter_of(a=[script("a", f"touch '{tmp_path}/was run'")])
    assert meter.probe(HOST).reason == "1 scripts"
    assert not (tmp_path / "was run").exists()


def test_only_the_machines_own_file_names_scripts():
    wanted = {"scripts": {"mine": ["/bin/sh", "-c", "id"]}, "timeout_seconds": 5}
    accepted, problems = check_options(ExecMeter.options, wanted, local=False)
    assert accepted == {}
    assert len(problems) == 2
    assert all("can only be set in the machine's own agent.toml" in problem for problem in problems)
    assert check_options(ExecMeter.options, wanted, local=True) == (wanted, [])


@pytest.mark.parametrize("scripts", ["/bin/x", ["/bin/x"], {"a": "/bin/x"}, {"a": []}, {"a": [1]}, {"a": {"b": ["c"]}}])
def test_scripts_are_a_table_of_lists(scripts):
    problems = check_options(ExecMeter.options, {"scripts": scripts}, local=True)[1]
    assert problems == ["scripts must be a table of lists of text"]
