import os
import shutil

import pytest

from wakeful_agent.host.errors import Absent
from wakeful_agent.host.processes import Process
from wakeful_agent.meter import NoData
from wakeful_agent.meters.processes import COLUMNS, ProcessesMeter, cores_used, leaders

STAT = "{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {start} 0 {pages} 0 0 0 0 0\n"


def by_name(reading, name):
    return {next(iter(dict(one.labels).values()), ""): value for one, value in zip(*reading[:2]) if one.name == name}


def rows(reading):
    return {row[0]: dict(zip(COLUMNS, row)) for row in reading.inventories["processes"]["rows"]}


def test_each_process_is_counted_once_whatever_its_name(machine):
    reading = ProcessesMeter().read(machine("bare-metal"), 1_763_100_000_500)
    assert by_name(reading, "system.processes.count") == {
        "running": 1,
        "sleeping": 4,
        "blocked": 1,
        "stopped": 1,
        "zombie": 1,
        "idle": 1,
    }
    assert by_name(reading, "system.processes.threads") == {"": 12}
    assert by_name(reading, "system.processes.created") == {"": 4242}


def test_the_list_has_no_kernel_threads_and_no_command_lines(machine):
    reading = ProcessesMeter().read(machine("bare-metal"), 1_763_100_000_500)
    document = reading.inventories["processes"]
    assert document["columns"] == list(COLUMNS)
    assert document["total"] == 9
    assert document["at"] == 1_763_100_000_500
    found = rows(reading)
    assert sorted(found) == [1, 700, 800, 801, 900, 901, 902]
    assert found[800] | {"user": "", "memory": 0} == {
        "pid": 800,
        "ppid": 1,
        "name": "nginx",
        "user": "",
        "cpu": None,
        "memory": 0,
        "threads": 4,
        "state": "sleeping",
        "start": 1_763_000_010,
    }
    assert found[900]["name"] == "evil) R 1 (name"
    assert found[800]["memory"] == 5 * (found[700]["memory"] // 2)


def test_command_lines_only_where_the_machines_own_file_says_so(machine):
    meter = ProcessesMeter()
    assert [option.local for option in meter.options if option.name == "command_lines"] == [True]
    meter.configure({"command_lines": True})
    document = meter.read(machine("bare-metal"), 0).inventories["processes"]
    assert document["columns"][-1] == "command"
    commands = {row[0]: row[-1] for row in document["rows"]}
    assert commands[800] == "nginx: master process -g daemon off;"
    assert commands[700] == ""


def test_command_lines_hold_no_secrets(made):
    meter = ProcessesMeter()
    meter.configure({"command_lines": True})
    stat = STAT.format(pid=7, name="mysql", ticks=1, start=5, pages=10)
    files = {
        "proc/uptime": "100.0 0\n",
        "proc/7/stat": stat,
        "proc/7/cmdline": "mysql\0-phunter2\0--token\0s3cret\0x\0",
    }
    [row] = meter.read(made(files), 0).inventories["processes"]["rows"]
    assert row[-1] == "mysql -p[redacted] --token [redacted] x"


def test_the_first_walk_invents_no_processor_use_and_the_second_knows_it(made):
    meter = ProcessesMeter()
    base = {"proc/uptime": "100.0 0\n", "proc/7/stat": STAT.format(pid=7, name="busy", ticks=1000, start=5, pages=10)}
    first = meter.read(made(base), 0)
    assert by_name(first, "process.cpu.utilization") == {}
    assert by_name(first, "process.memory.usage").keys() == {"busy"}
    second_files = {
        "proc/uptime": "110.0 0\n",
        "proc/7/stat": STAT.format(pid=7, name="busy", ticks=1500, start=5, pages=10),
        "proc/8/stat": STAT.format(pid=8, name="busy", ticks=100, start=10_100, pages=10),
        "proc/9/stat": STAT.format(pid=9, name="quiet", ticks=1, start=10_100, pages=10),
    }
    second = meter.read(made(second_files), 10_000)
    assert by_name(second, "process.cpu.utilization") == {"busy": 0.6}
    assert rows(second)[8]["cpu"] == 0.1


def test_a_process_number_that_is_used_again_is_another_process():
    old = {(7, 5): 100_000}
    one = Process(7, b"new", "S", 1, 50, 1, 900, 0)
    assert cores_used(old, one, 10.0) == 0.05
    assert cores_used(old, one._replace(start_ticks=5), 10.0) == 0.0, "a counter never runs back"
    assert cores_used(old, one, 0.0) is None


def test_names_stay_for_a_while_so_that_the_series_do_not_change_at_every_turn():
    amounts = {name: float(amount) for amount, name in enumerate("abcdefgh")}
    assert leaders([], amounts, 2) == ["h", "g"]
    assert leaders(["a", "b"], amounts, 2) == ["a", "b", "h", "g"]
    assert leaders(["gone", "a"], amounts, 2) == ["a", "h", "g"]
    assert leaders(list("abcdef"), amounts, 2) == ["c", "d", "e", "f", "h", "g"]
    assert leaders(["a"], amounts, 0) == []


def test_a_leader_that_rests_stays_and_one_that_ended_goes(made):
    meter = ProcessesMeter()

    def walk(second, **ticks):
        shutil.rmtree(made({}).path("proc"), ignore_errors=True)
        files = {"proc/uptime": f"{second}.0 0\n"}
        for pid, (name, used) in enumerate(ticks.items(), start=10):
            files[f"proc/{pid}/stat"] = STAT.format(pid=pid, name=name, ticks=used, start=1, pages=1)
        return by_name(meter.read(made(files), second * 1000), "process.cpu.utilization")

    assert walk(0, a=0, b=0) == {}
    assert walk(10, a=1000, b=0) == {"a": 1.0}
    assert walk(20, a=1000, b=500) == {"a": 0.0, "b": 0.5}
    assert walk(30, b=500) == {"b": 0.0}, "a has ended, b has its number: a counter that runs back is nothing"
    assert walk(30, c=500) == {"b": None}, "no time passed, so nothing is known"


def test_the_list_is_bounded_by_the_busiest_and_can_be_switched_off(made):
    files = {f"proc/{pid}/stat": STAT.format(pid=pid, name="x", ticks=0, start=1, pages=pid) for pid in range(10, 20)}
    host = made({"proc/uptime": "1.0 1\n", **files})
    meter = ProcessesMeter()
    meter.configure({"list_most": 3})
    document = meter.read(host, 0).inventories["processes"]
    assert [row[0] for row in document["rows"]] == [17, 18, 19]
    assert document["total"] == 10
    meter.configure({"list": False})
    assert meter.read(host, 1).inventories == {}


def test_an_unknown_user_is_a_number(made):
    host = made({"proc/uptime": "1.0 1\n", "proc/5/stat": STAT.format(pid=5, name="x", ticks=0, start=1, pages=1)})
    meter = ProcessesMeter()
    user = rows(meter.read(host, 0))[5]["user"]
    assert user.isdigit()
    assert rows(meter.read(host, 1))[5]["user"] == user
    assert by_name(meter.read(host, 2), "system.processes.created") == {"": None}


def test_a_process_that_changed_its_user_is_seen_with_the_new_one_after_a_while(made, monkeypatch):
    host = made(
        {
            "proc/uptime": "1.0 1\n",
            "proc/5/stat": STAT.format(pid=5, name="x", ticks=0, start=1, pages=1),
            "etc/passwd": "a:x:1001:1::/:/bin/sh\nb:x:1002:1::/:/bin/sh\n",
        }
    )
    meter, plain = ProcessesMeter(), os.fstat
    later = ((1002, 60_000, "a"), (1002, 600_000, "b"), (7, 1_200_000, "7"), (1001, 30_000, "a"))
    for user, now_ms, expected in ((1001, 0, "a"), *later):  # the clock is set back at last
        monkeypatch.setattr(os, "fstat", lambda fd, user=user: os.stat_result((*plain(fd)[:4], user, *plain(fd)[5:])))
        assert rows(meter.read(host, now_ms))[5]["user"] == expected


def test_nothing_visible_is_no_data(made):
    with pytest.raises(NoData):
        ProcessesMeter().read(made({"proc/uptime": "1.0 1\n"}), 0)
    with pytest.raises(Absent):
        ProcessesMeter().read(made({"elsewhere": ""}).__class__("/nowhere/at/all"), 0)
