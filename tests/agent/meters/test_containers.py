import json
import os
import socket

import pytest

from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters import containers
from wakeful_agent.meters.containers import ContainersMeter, choose
from wakeful_agent.network.engine import STATES, Container
from wakeful_agent.runner import Runner
from wakeful_wire.names import METRICS

from ...fakes.docker_engine import docker_engine, stats

NOW_MS = 1_700_000_060_000
PAUSED = ("created", "paused", "exited", "dead")


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "run").mkdir()
    with docker_engine(tmp_path / "run") as served:
        yield served


def read(meter, host, now_ms=NOW_MS):
    found = meter.read(host, now_ms)
    for one in found.series:
        assert tuple(label for label, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    values = {}
    for one, value in zip(found.series, found.values):
        labels = dict(one.labels)
        key = (labels.get("container") or labels.get("state") or "", one.name, labels.get("direction", ""))
        values[tuple(part for part in (labels["engine"], *key) if part)] = value
    return values, found.inventories


def of(values, container):
    return {"/".join(key[2:]): value for key, value in values.items() if key[:2] == ("docker", container)}


def in_group(tmp_path, container_id, pid, cpu=1_500_000, memory=1000):
    place = tmp_path / f"sys/fs/cgroup/system.slice/docker-{container_id}.scope"
    place.mkdir(parents=True, exist_ok=True)
    process = tmp_path / f"proc/{pid}"
    (process / "net").mkdir(parents=True, exist_ok=True)
    (process / "cgroup").write_text(f"0::/system.slice/docker-{container_id}.scope\n")
    (process / "net/dev").write_text("a\nb\n eth0: 7 0 0 0 0 0 0 0 9 0\n lo: 5 0 0 0 0 0 0 0 5 0\n")
    (place / "cpu.stat").write_text(f"usage_usec {cpu}\n")
    (place / "memory.current").write_text(f"{memory}\n")
    (place / "memory.max").write_text("4000\n")
    return place


def test_a_running_container_by_the_engines_statistics(engine, tmp_path):
    engine.add("web", status="Up 5 minutes (healthy)", restarts=2)
    values, inventories = read(ContainersMeter(), Host(str(tmp_path)))
    assert of(values, "web") == {
        "container.up": 1,
        "container.restarts": 2,
        "container.oom_killed": 0,
        "container.healthy": 1,
        "container.uptime": 60.0,
        "container.cpu.time": 0.100093996,
        "container.cpu.limit": None,
        "container.memory.usage": 6_471_680,
        "container.memory.limit": 67_108_864,
        "container.memory.utilization": 0.096436,
        "container.pids.count": 3,
        "container.disk.io/read": 4097,
        "container.disk.io/write": 8192,
        "container.network.io/receive": 9979,
        "container.network.io/transmit": 1338,
    }
    assert inventories["containers"] == [
        {
            "engine": "docker",
            "name": "web",
            "id": "010101010101",
            "image": "nginx:latest",
            "state": "running",
            "health": "healthy",
            "exit_code": None,
            "oom_killed": False,
            "restarts": 2,
            "created_ms": 1_700_000_000_000,
            "started_ms": 1_700_000_000_000,
        }
    ]
    assert inventories["container_engines"] == [
        {"engine": "docker", "state": "up", "version": "Engine 24.0.7", "error": "", "containers": 1, "left_out": 0}
    ]


def test_one_request_of_statistics_a_container_and_details_seldom(engine, tmp_path):
    meter, host = ContainersMeter(), Host(str(tmp_path))
    engine.add("web")
    read(meter, host)
    engine.asked.clear()
    read(meter, host, NOW_MS + 60_000)
    assert sorted(path.rpartition("/")[2].partition("?")[0] for path in engine.asked) == ["json", "stats", "version"]
    engine.asked.clear()
    read(meter, host, NOW_MS + 300_000)
    assert len(engine.asked) == 4, "details again after five minutes"


def test_a_control_group_is_read_instead_of_asking(engine, tmp_path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemFree: 1 kB\nMemTotal:       4 kB\n")
    container_id = engine.add("web", pid=77)
    in_group(tmp_path, container_id, 77)
    meter, host = ContainersMeter(), Host(str(tmp_path))
    web = of(read(meter, host)[0], "web")
    assert (web["container.cpu.time"], web["container.memory.usage"]) == (1.5, 1000)
    assert (web["container.network.io/receive"], web["container.network.io/transmit"]) == (7, 9)
    assert web["container.memory.limit"] == 4000
    assert not any("stats" in path for path in engine.asked)
    engine.asked.clear()
    read(meter, host, NOW_MS + 60_000)
    assert engine.asked == ["/version", "/containers/json?all=true"]


def test_the_network_of_the_host_is_not_the_containers(engine, tmp_path):
    container_id = engine.add("web", pid=77, network="host")
    in_group(tmp_path, container_id, 77)
    web = of(read(ContainersMeter(), Host(str(tmp_path)))[0], "web")
    assert (web["container.cpu.time"], web["container.network.io/receive"]) == (1.5, None)


@pytest.mark.parametrize("memory_text", ["MemTotal: 1 kB\n", "MemTotal: x kB\n", "MemTotal:\n", "Other: 5\n", None])
def test_a_limit_beyond_the_machines_memory_is_none(engine, tmp_path, memory_text):
    (tmp_path / "proc").mkdir()
    if memory_text is not None:
        (tmp_path / "proc/meminfo").write_text(memory_text)
    engine.add("web")
    web = of(read(ContainersMeter(), Host(str(tmp_path)))[0], "web")
    assert (web["container.memory.limit"] is None) == (memory_text == "MemTotal: 1 kB\n")


def test_a_container_that_was_started_again_is_looked_at_anew(engine, tmp_path):
    container_id = engine.add("web", pid=77)
    in_group(tmp_path, container_id, 77)
    meter, host = ContainersMeter(), Host(str(tmp_path))
    read(meter, host)
    (tmp_path / "proc/77/cgroup").unlink()
    (tmp_path / "proc/77/net/dev").unlink()
    (tmp_path / "proc/77/net").rmdir()
    (tmp_path / "proc/77").rmdir()
    in_group(tmp_path, container_id, 78)
    engine.containers[container_id].update(pid=78, restarts=1)
    web = of(read(meter, host, NOW_MS + 60_000)[0], "web")
    assert (web["container.restarts"], web["container.cpu.time"]) == (1, 1.5)


def test_a_group_that_went_away_makes_it_ask(engine, tmp_path):
    container_id = engine.add("web", pid=77)
    place = in_group(tmp_path, container_id, 77)
    meter, host = ContainersMeter(), Host(str(tmp_path))
    read(meter, host)
    (place / "cpu.stat").unlink()
    web = of(read(meter, host, NOW_MS + 60_000)[0], "web")
    assert web["container.cpu.time"] == 0.100093996


def test_a_counter_that_went_back_is_a_new_start(engine, tmp_path):
    container_id = engine.add("web")
    meter, host = ContainersMeter(), Host(str(tmp_path))
    read(meter, host)
    engine.containers[container_id].update(restarts=1, stats=stats(cpu_ns=5))
    web = of(read(meter, host, NOW_MS + 60_000)[0], "web")
    assert (web["container.restarts"], web["container.cpu.time"]) == (1, 5e-9)


def test_one_that_ended_shows_how(engine, tmp_path):
    engine.add("job", state="exited", status="Exited (137) 2 minutes ago", oom=True)
    engine.add("old", state="dead", status="Dead", exit_code=9)
    engine.add("never", state="created")
    values, inventories = read(ContainersMeter(), Host(str(tmp_path)))
    ended = {"container.up": 0, "container.restarts": 0, "container.oom_killed": 1, "container.exit_code": 137}
    assert of(values, "job") == ended
    assert of(values, "old")["container.exit_code"] == 9
    assert of(values, "never")["container.exit_code"] is None
    assert values["docker", "exited", "container.count"] == 1
    assert [row["health"] for row in inventories["containers"]] == ["none"] * 3


def test_a_container_without_a_check_has_no_health(engine, tmp_path):
    engine.add("plain")
    engine.add("sick", status="Up 1 second (unhealthy)")
    values, _ = read(ContainersMeter(), Host(str(tmp_path)))
    assert of(values, "plain")["container.healthy"] is None
    assert of(values, "sick")["container.healthy"] == 0


def test_one_broken_answer_costs_one_container(engine, tmp_path):
    broken, gone = engine.add("broken"), engine.add("gone")
    engine.add("fine")
    engine.answers[f"/containers/{broken}/stats"] = (200, b"not json")
    engine.answers[f"/containers/{gone}/json"] = (404, b'{"message": "No such container"}')
    values, inventories = read(ContainersMeter(), Host(str(tmp_path)))
    assert of(values, "broken")["container.cpu.time"] is None
    assert of(values, "gone")["container.up"] == 1
    assert of(values, "gone")["container.uptime"] is None
    assert of(values, "gone")["container.oom_killed"] is None, "nobody said how it ended last"
    assert of(values, "fine")["container.pids.count"] == 3
    assert {row["name"]: row["oom_killed"] for row in inventories["containers"]} == {
        "broken": False,
        "gone": None,
        "fine": False,
    }


def test_details_that_fail_once_keep_what_was_known(engine, tmp_path):
    container_id = engine.add("web")
    meter, host = ContainersMeter(), Host(str(tmp_path))
    read(meter, host)
    engine.answers[f"/containers/{container_id}/json"] = (500, b"later")
    assert of(read(meter, host, NOW_MS + 600_000)[0], "web")["container.cpu.time"] is None
    del engine.answers[f"/containers/{container_id}/json"]
    assert of(read(meter, host, NOW_MS + 660_000)[0], "web")["container.cpu.time"] == 0.100093996


def test_an_engine_without_containers_is_empty(engine, tmp_path):
    values, inventories = read(ContainersMeter(), Host(str(tmp_path)))
    assert inventories["containers"] == []
    assert values["docker", "container.engine.up"] == 1
    assert {values["docker", state, "container.count"] for state in STATES} == {0}


def test_a_dead_engine_is_a_failure(tmp_path):
    (tmp_path / "run").mkdir()
    with docker_engine(tmp_path / "run"):
        pass
    found = ContainersMeter().read(Host(str(tmp_path)), 0)
    assert str(found.trouble).startswith("docker: ")
    assert found.values[0] == 0
    assert list(found.inventories) == ["container_engines"], "what containers there are is not known"
    runner = Runner(Host(str(tmp_path)), [ContainersMeter()])
    assert runner.collect(0).results["containers"].outcome == "failed"
    runner.close()


def test_the_containers_of_an_engine_that_died_are_unknown(engine, tmp_path):
    (tmp_path / "run/podman").mkdir()
    meter = ContainersMeter()
    with docker_engine(tmp_path / "run/podman") as other:
        os.rename(other.socket_path, tmp_path / "run/podman/podman.sock")
        other.add("mine")
        _, before = read(meter, Host(str(tmp_path)))
    values, after = read(meter, Host(str(tmp_path)))
    assert [row["state"] for row in before["containers"]] == ["running"]
    assert [(row["name"], row["state"]) for row in after["containers"]] == [("mine", "unknown")]
    assert ("podman", "mine", "container.up") not in values


def test_no_engine_is_nothing(tmp_path):
    with pytest.raises(NoData):
        ContainersMeter().read(Host(str(tmp_path)), 0)
    found = ContainersMeter().probe(Host(str(tmp_path)))
    assert (found.available, found.reason) == (False, "no engine's socket is here")


def test_a_socket_that_may_not_be_opened_is_refused(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/docker.sock").touch()

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert isinstance(ContainersMeter().read(Host(str(tmp_path)), 0).trouble, Denied)
    found = ContainersMeter().probe(Host(str(tmp_path)))
    assert found.fix == "usermod -a -G docker wakeful"
    assert "root" in found.exposes


def test_the_probe_says_which_engine(engine, tmp_path):
    assert ContainersMeter().probe(Host(str(tmp_path))).reason == "docker: Engine 24.0.7"


def test_several_engines_and_a_dead_one_hides_no_other(engine, tmp_path):
    engine.add("web")
    own = tmp_path / f"run/user/{os.geteuid()}/podman"
    own.mkdir(parents=True)
    (tmp_path / "run/podman").mkdir()
    with docker_engine(own) as other:
        os.rename(other.socket_path, own / "podman.sock")
        other.add("mine")
        with docker_engine(tmp_path / "run/podman") as dead:
            os.rename(dead.socket_path, tmp_path / "run/podman/podman.sock")
        values, inventories = read(ContainersMeter(), Host(str(tmp_path)))
    assert values["podman", "container.engine.up"] == 0
    assert values["podman", "running", "container.count"] is None
    assert values["podman-rootless", "container.engine.up"] == 1
    assert [(row["engine"], row["name"]) for row in inventories["containers"]] == [
        ("docker", "web"),
        ("podman-rootless", "mine"),
    ]
    states = {row["engine"]: (row["state"], bool(row["error"])) for row in inventories["container_engines"]}
    assert states == {"docker": ("up", False), "podman": ("down", True), "podman-rootless": ("up", False)}


@pytest.mark.parametrize("form", ["mine=unix:{}", "mine=unix://{}", "mine={}"])
def test_engines_that_the_local_file_names(engine, tmp_path, form):
    meter = ContainersMeter()
    meter.configure({"targets": [form.format(engine.socket_path)]})
    values, _ = read(meter, Host("/"))
    assert values["mine", "container.engine.up"] == 1
    meter.configure({"targets": ["unix:/nowhere/at/all.sock"]})
    assert "nowhere/at/all.sock" in str(meter.read(Host("/"), 0).trouble)


def test_a_target_that_is_none_costs_no_other(engine):
    meter = ContainersMeter()
    meter.configure({"targets": [f"mine=unix:{engine.socket_path}", "far=10.0.0.1:2375", "mine=/x what is this"]})
    found = meter.read(Host("/"), NOW_MS)
    states = {row["engine"]: row["state"] for row in found.inventories["container_engines"]}
    assert states == {"mine": "up", "far": "down"}
    assert "far is no engine's address" in str(found.trouble)
    assert "words like" in str(found.trouble)
    assert meter.probe(Host("/")).available
    meter.configure({"targets": [""]})
    assert "no address" in str(meter.read(Host("/"), NOW_MS).trouble)
    probed = meter.probe(Host("/"))
    assert ("no address" in probed.reason, probed.fix) == (True, "")


def test_more_than_fit_are_left_out_and_said(engine, tmp_path):
    for number in range(4):
        engine.add(f"job{number}", state="exited")
    engine.add("web")
    meter = ContainersMeter()
    meter.configure({"most": 2})
    values, inventories = read(meter, Host(str(tmp_path)))
    assert values["docker", "container.left_out"] == 3
    assert values["docker", "exited", "container.count"] == 4
    assert "web" in {row["name"] for row in inventories["containers"]}
    assert inventories["container_engines"][0]["left_out"] == 3


def test_what_runs_and_is_young_is_measured_first():
    def one(name, state, created):
        return Container(name * 12, name, "", state, "", None, created)

    found = [one("a", "exited", 5), one("b", "running", 1), one("c", "exited", 9), one("d", "running", None)]
    assert [found.name for found in choose(found, 3)] == ["b", "c", "d"]


def test_few_requests_are_under_way_at_once(engine, tmp_path):
    for number in range(20):
        engine.add(f"c{number}")
    read(ContainersMeter(), Host(str(tmp_path)))
    assert 1 <= engine.busiest <= 4


def test_an_engine_that_never_answers_costs_its_time_alone(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "_LIST_SECONDS", 0.2)
    engine.hold.clear()
    trouble = ContainersMeter().read(Host(str(tmp_path)), 0).trouble
    assert "in time" in str(trouble) or "does not answer within" in str(trouble)


@pytest.mark.parametrize("body", [b"", b"garbage", b"{}", b"[" * 200_000, json.dumps({"a": 1}).encode()[:-1]])
def test_garbage_from_an_engine_is_a_failure(engine, tmp_path, body):
    engine.answers["/containers/json"] = (200, body)
    assert isinstance(ContainersMeter().read(Host(str(tmp_path)), 0).trouble, HostError)


def test_a_hostile_name_is_data(engine, tmp_path):
    engine.add("<script>\n\x00" + "x" * 600, image="\x1b[31m")
    values, inventories = read(ContainersMeter(), Host(str(tmp_path)))
    (row,) = inventories["containers"]
    assert row["name"].startswith("<script>\ufffd\ufffd")
    assert len(row["name"]) == 128
    assert row["image"] == "\ufffd[31m"
    assert ("docker", row["name"], "container.up") in values


def test_five_hundred_containers_are_all_measured(engine, tmp_path, monkeypatch):
    for name in ("_LIST_SECONDS", "_ANSWER_SECONDS", "_ALL_SECONDS"):
        monkeypatch.setattr(containers, name, 60.0)  # a busy machine takes its time
    monkeypatch.setattr(ContainersMeter, "budget_seconds", 180.0)
    for number in range(500):
        container_id = engine.add(f"c{number:03d}", pid=number + 1)
        key = f"{number + 1:064x}"
        engine.containers[key] = engine.containers.pop(container_id)
        in_group(tmp_path, key, number + 1)
    runner = Runner(Host(str(tmp_path)), [ContainersMeter()])
    result = runner.collect(NOW_MS).results["containers"]
    runner.close()
    assert (result.outcome, result.error) == ("ok", "")
    assert len(result.series) == 500 * 15 + 2 + len(STATES)
    assert sum(value == 1.5 for value in result.values) == 500
