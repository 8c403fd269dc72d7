"""The answers of docker's API as its reference documents them, and of podman 4.3.1 (Debian 12) as captured."""

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.cgroups import Usage
from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.network.engine import (
    Container,
    Details,
    Engine,
    parse_containers,
    parse_details,
    parse_stats,
    parse_version,
    time_ms,
)

from ...fakes.docker_engine import docker_engine, stats

PODMAN = pathlib.Path(__file__).parents[2] / "fixtures" / "podman"
ID = "8dfafdbc3a40" + "0" * 52


def captured(name):
    return (PODMAN / f"{name}.json").read_text()


def test_podmans_list():
    found = {one.name: one for one in parse_containers(captured("containers"))}
    assert list(found) == ["bye", "host", "never", "limited"]
    assert found["bye"]._replace(id="") == Container("", "bye", "localhost/bb:1", "exited", "", 3, 1795274261000)
    assert (found["limited"].state, found["never"].state, found["host"].exit_code) == ("running", "created", None)


def test_podmans_pages():
    limited = parse_details(captured("limited"))
    assert limited == Details(limited.pid, 1795274261000, 0, False, None, "", "none")
    assert limited.pid > 0
    assert parse_details(captured("bye")) == Details(0, 1795274262000, 0, False, 3, "", "none")


def test_podmans_statistics_and_version():
    usage = parse_stats(captured("stats"))
    assert (usage.memory_limit_bytes, usage.pids, usage.read_bytes, usage.received_bytes) == (67108864, 2, 0, 0)
    assert 0 < usage.cpu_seconds < 1
    assert parse_version(captured("version")) == "Podman Engine 4.3.1"


def test_dockers_statistics():
    assert parse_stats(json.dumps(stats())) == Usage(
        cpu_seconds=0.100093996,
        memory_bytes=6_537_216 - 65_536,
        memory_limit_bytes=67_108_864,
        pids=3,
        read_bytes=4097,
        written_bytes=8192,
        received_bytes=9979,
        sent_bytes=1338,
    )


def test_dockers_statistics_where_there_is_only_the_unified_hierarchy():
    document = stats()
    document["memory_stats"] = {"usage": 100, "stats": {"inactive_file": 30}, "limit": 50}
    document["pids_stats"] = {"current": 1, "limit": 20}
    usage = parse_stats(json.dumps(document))
    assert (usage.memory_bytes, usage.pids_limit) == (70, 20)


@pytest.mark.parametrize(
    ("status", "state", "health", "code"),
    [
        ("Up 3 minutes (healthy)", "running", "healthy", None),
        ("Up 3 minutes (unhealthy)", "running", "unhealthy", None),
        ("Up 3 seconds (health: starting)", "running", "starting", None),
        ("Up 3 minutes (Paused)", "paused", "", None),
        ("Exited (137) 3 minutes ago", "exited", "", 137),
        ("Exited (-1) 3 minutes ago", "exited", "", -1),
        ("Restarting (1) 5 seconds ago", "restarting", "", None),
    ],
)
def test_what_the_list_says_of_how_a_container_is(status, state, health, code):
    row = {"Id": ID, "Names": ["/x"], "State": state, "Status": status}
    (found,) = parse_containers(json.dumps([row]))
    assert (found.state, found.health, found.exit_code) == (state, health, code)


def test_states_of_others():
    rows = [
        {"Id": ID, "State": state, "Status": "Up 1 second"} for state in ("configured", "stopping", "new", "", None)
    ]
    assert [one.state for one in parse_containers(json.dumps(rows))] == [
        "created", "running", "unknown", "running", "running",
    ]  # fmt: skip


def test_hostile_rows_of_the_list():
    rows = [
        {"Id": "../../secrets", "Names": ["/a"]},
        {"Id": "ABC" * 20, "Names": ["/b"]},
        {"Id": 7},
        "text",
        None,
        {"Id": ID, "Names": ["/<b>\n\x1b[31m" + "x" * 500], "Image": ["no"], "Created": True, "State": 5, "Status": {}},
        {"Id": ID, "Names": []},
    ]
    first, second = parse_containers(json.dumps(rows))
    assert first.name.startswith("<b>\ufffd\ufffd[31m")
    assert len(first.name) == 128
    assert (first.image, first.created_ms, first.state) == ("", None, "unknown")
    assert second.name == ID[:12]


@pytest.mark.parametrize("text", ["", "nope", "{}", '"x"', "[" * 100_000, '[{"Id"'])
def test_no_list_is_malformed(text):
    with pytest.raises(Malformed):
        parse_containers(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=6,
    )
)
def test_wrong_types_never_break_a_parser(value):
    keys = ("State", "HostConfig", "Health", "cpu_stats", "memory_stats", "blkio_stats", "networks", "Components")
    for text in (json.dumps(value), json.dumps(dict.fromkeys(keys, value)), json.dumps({"State": {"Health": value}})):
        for parse in (parse_version, parse_containers, parse_details, parse_stats):
            try:
                parse(text)
            except Malformed:
                continue


def test_counters_of_wrong_types_are_not_known():
    document = stats()
    document["networks"] = {"eth0": {"rx_bytes": "5", "tx_bytes": -1}, "eth1": None}
    document["blkio_stats"]["io_service_bytes_recursive"] = [None, {"op": 5}, {"op": "read", "value": None}]
    document["cpu_stats"]["cpu_usage"] = None
    document["memory_stats"] = {"usage": 1e9}
    usage = parse_stats(json.dumps(document))
    assert usage == Usage(pids=3, read_bytes=0, written_bytes=0, received_bytes=0, sent_bytes=0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_000),
        ("2024-02-29T23:59:59+02:00", 1_709_243_999_000),
        ("2000-03-01T00:00:00-05:30", 951_888_600_000),
        ("1970-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00Z", None),
        ("2023-13-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times(text, expected):
    assert time_ms(text) == expected


def test_an_engine_is_asked(tmp_path):
    with docker_engine(tmp_path) as served:
        web = served.add("web", status="Up 1 minute (healthy)")
        engine = Engine("docker", served.socket_path)
        assert engine.version(5) == "Engine 24.0.7"
        assert [one.name for one in engine.containers(5)] == ["web"]
        assert engine.details(web, 5).started_ms == 1_700_000_000_000
        assert engine.usage(web, 5).pids == 3
        with pytest.raises(HostError, match=r"docker answers 404 to /containers/.*/json: No such container"):
            engine.details(ID, 5)
        served.answers["/version"] = (500, b"page not found")
        with pytest.raises(HostError, match="500 to /version: page not found"):
            engine.version(5)
        served.answers["/version"] = (500, b"[]")
        with pytest.raises(HostError, match="500"):
            engine.version(5)
        served.answers["/version"] = (200, b"x" * 2_000_000)
        with pytest.raises(Malformed):
            engine.version(5)
    assert all(path.startswith(("/version", "/containers/")) for path in served.asked)


def test_no_socket_is_absent_and_a_dead_one_is_a_failure(tmp_path):
    with pytest.raises(Absent):
        Engine("docker", str(tmp_path / "none")).version(1)
    with docker_engine(tmp_path) as served:
        pass
    with pytest.raises(HostError) as error:
        Engine("docker", served.socket_path).version(1)
    assert not isinstance(error.value, Absent)


def test_a_container_is_restarted_by_its_name(tmp_path):
    with docker_engine(tmp_path) as engine:
        key = engine.add("web", state="exited")
        Engine("docker", engine.socket_path).restart("web", 30)
        assert engine.containers[key]["state"] == "running"
        assert engine.asked == ["/containers/web/restart?t=10"]
        Engine("docker", engine.socket_path).restart(key, 1)
        with pytest.raises(HostError, match="404"):
            Engine("docker", engine.socket_path).restart("gone", 30)


@pytest.mark.parametrize("name", ["", "../images", "a/b", "a?x=1", "-a", "a b", "x" * 200, "a\n"])
def test_what_is_no_containers_name_reaches_no_engine(tmp_path, name):
    with docker_engine(tmp_path) as engine:
        with pytest.raises(HostError, match="no name of a container"):
            Engine("docker", engine.socket_path).restart(name, 30)
        assert engine.asked == []
