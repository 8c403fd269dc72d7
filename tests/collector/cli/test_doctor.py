"""doctor finds what is wrong and says the way out."""

import json
import os
import shutil
import socket
from collections import namedtuple
from dataclasses import replace

import pytest

from wakeful_collector import clock
from wakeful_collector.cli import doctor
from wakeful_collector.read import health
from wakeful_collector.serving import certificate, place
from wakeful_collector.store import channels, database, gateway_machines, gateway_states, heartbeats, outbox, room
from wakeful_collector.store.changes import changing, changing_gateway
from wakeful_collector.store.gateway_machines import MachineRow
from wakeful_collector.store.heartbeats import Heartbeat

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def free_port(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("WAKEFUL_LISTEN", f"127.0.0.1:{port}")
    return port


@pytest.fixture
def look(run, free_port):
    """Return a function that runs doctor and returns its findings by subject."""

    def one(*words: str) -> dict[str, dict]:
        ran = run("doctor", "--json", *words)
        found = json.loads(ran.out)
        assert ran.code == (0 if found["ok"] else 1)
        return {finding["subject"]: finding for finding in found["findings"]}

    return one


def say_alive(data, *beats):
    database.create(data)
    place.write(data, place.Place(os.getpid(), "127.0.0.1:8800", None))
    with changing(data) as connection:
        heartbeats.beat(connection, beats)


def test_before_the_first_start_there_is_only_a_warning(look):
    found = look()
    assert found["data folder"]["state"] == "warn"
    assert found["address"]["state"] == "ok"
    assert all(finding["state"] != "fail" for finding in found.values())


def test_a_healthy_collector(look, data):
    now_ms = clock.now_ms()
    say_alive(data, Heartbeat("worker", now_ms, 15.0, {}), Heartbeat("rollups", now_ms, 10.0, {"seconds": 0.1}))
    found = look()
    assert {subject for subject, finding in found.items() if finding["state"] != "ok"} <= {"disk"}
    assert {"databases", "audit trail", "forecast", "worker", "job rollups"} <= set(found)
    assert "databases" not in look("--quick")


def test_for_people_each_fix_stands_below_its_line(run, data, free_port):
    data.mkdir()
    data.chmod(0o755)
    ran = run("doctor")
    assert ran.code == 1
    lines = ran.out.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("fail")]
    assert lines[at + 1].strip() == f"run: chmod 700 {data}"


def test_wrong_settings_are_all_named(look, monkeypatch):
    monkeypatch.setenv("WAKEFUL_LISTEN", "x")
    found = look()
    assert found["settings"]["state"] == "fail"
    assert "WAKEFUL_LISTEN" in found["settings"]["text"]


def test_a_mistyped_variable_is_a_warning(look, monkeypatch):
    monkeypatch.setenv("WAKEFUL_LISTN", "x")
    assert look()["settings"]["state"] == "warn"


def test_databases_that_others_may_read(look, data):
    database.create(data)
    (data / "state.db").chmod(0o644)
    assert f"chmod 600 {data / 'state.db'}" in look()["data folder"]["fix"]


def test_a_folder_of_somebody_else(look, data, monkeypatch):
    data.mkdir(mode=0o700)
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    assert "cannot be written" in look()["data folder"]["text"]


def test_a_damaged_database(look, data):
    database.create(data)
    (data / "samples.db").write_bytes(b"nonsense" * 1000)
    found = look()
    assert found["databases"]["state"] == "fail"
    assert "restore" in found["databases"]["fix"]


def test_an_audit_trail_that_somebody_changed(look, data, run):
    run("key", "create", "--name", "n")
    with changing(data) as connection:
        connection.execute("UPDATE audit SET principal = 'local:nobody'")
    assert look()["audit trail"]["state"] == "fail"


@pytest.mark.parametrize(("free", "state"), [(50, "ok"), (5, "warn"), (1, "fail")])
def test_room_on_the_disk(look, data, monkeypatch, free, state):
    database.create(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 100 - free, free))
    assert look("--quick")["disk"]["state"] == state


def test_a_full_disk(look, data):
    database.create(data)
    room.prepare(data)
    room.mark(data, 1_763_719_200_000, 0)
    found = look("--quick")["disk"]
    assert found["state"] == "fail"
    assert "2025-11-21" in found["text"]


def test_a_history_that_will_not_fit(look, data, monkeypatch):
    database.create(data)
    monkeypatch.setattr(health, "forecast", lambda *_: health.Forecast(10, 10.0, 5e12, 1_000))
    found = look("--quick")["forecast"]
    assert found["state"] == "warn"
    assert "5.0 TB" in found["text"]


def test_a_worker_that_is_late_failed_or_new(look, data):
    now_ms = clock.now_ms()
    say_alive(
        data,
        Heartbeat("worker", now_ms - 600_000, 15.0, {}),
        Heartbeat("rollups", now_ms, 10.0, {"error": "StoreBusy: busy"}),
        Heartbeat("sparks", 0, 60.0, {}),
    )
    found = look("--quick")
    assert found["worker"]["state"] == "fail"
    assert "busy" in found["job rollups"]["text"]
    assert found["job sparks"]["state"] == "warn"


def test_what_others_sent_reaches_no_terminal_as_it_is(run, data, free_port):
    now_ms = clock.now_ms()
    failed = {"error": "HTTPError: \x1b[31mred"}
    say_alive(data, Heartbeat("worker", now_ms, 15.0, {}), Heartbeat("proxmox", now_ms, 5.0, failed))
    ran = run("doctor", "--quick")
    assert "job proxmox: failed: HTTPError: ?[31mred" in ran.out
    assert "\x1b" not in ran.out


def test_a_worker_that_never_lived(look, data):
    say_alive(data)
    assert "never" in look("--quick")["worker"]["text"]


def test_a_taken_address(look, free_port):
    with socket.create_server(("127.0.0.1", free_port)):
        found = look()["address"]
    assert found["state"] == "fail"
    assert f"pid {os.getpid()}" in found["text"]


@pytest.mark.parametrize(("days", "state"), [(100, "ok"), (10, "warn"), (-1, "fail")])
def test_a_certificate_that_ends(look, tmp_path, monkeypatch, days, state):
    born_ms = clock.now_ms() - round((certificate.VALID_DAYS - days) * 86_400_000)
    path, key = certificate.self_signed(tmp_path / "tls", ["localhost"], born_ms)
    monkeypatch.setenv("WAKEFUL_TLS_CERTIFICATE", str(path))
    monkeypatch.setenv("WAKEFUL_TLS_KEY", str(key))
    assert look()["certificate"]["state"] == state


def test_a_look_that_meets_an_error_does_not_end_the_others(look, tmp_path, monkeypatch):
    (tmp_path / "c").write_text("no certificate")
    (tmp_path / "c").chmod(0o600)
    monkeypatch.setenv("WAKEFUL_TLS_CERTIFICATE", str(tmp_path / "c"))
    monkeypatch.setenv("WAKEFUL_TLS_KEY", str(tmp_path / "c"))
    found = look()
    assert found["certificate"]["state"] == "fail"
    assert found["address"]["state"] == "ok"


def test_a_clock_that_cannot_be_right(look, monkeypatch):
    monkeypatch.setattr(clock, "now_ms", lambda: 1_000)
    assert "timedatectl" in look()["clock"]["fix"]


def test_machines_of_the_gateway(look, data):
    database.create(data)
    assert "gateway" not in look()
    machine = MachineRow("box", "http://192.0.2.1:1", None, True, {}, "", 1, 1)
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, machine)
    assert look()["gateway"]["text"] == "nobody has looked at its machines yet"
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, "box", "awake", 1, "", {})
    assert (look()["gateway"]["state"], look()["gateway"]["text"]) == ("ok", "box awake")
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, "box", "unreachable", 1, "no answer within 180 s", {})
        gateway_machines.keep(connection, replace(machine, sealed="v1.lost"))
    found = [one for one in doctor.examine(quick=True) if one.subject == "gateway"]
    assert [one.state for one in found] == ["fail", "warn", "ok"]
    assert "vault.key" in found[0].fix
    assert "no answer within 180 s" in found[1].text


def test_a_folder_from_before_the_gateway_is_sound(look, data):
    database.create(data)
    (data / "gateway.db").unlink()
    found = look()
    assert found["databases"]["state"] == "ok"
    assert "gateway" not in found


def test_messages_that_reached_nobody_and_channels_that_cannot_be_read(look, data):
    say_alive(data, Heartbeat("worker", clock.now_ms(), 15.0, {}))
    assert look("--quick")["messages"]["text"] == "0 delivered, 0 waiting"
    with changing(data) as connection:
        channels.keep(connection, channels.Channel("ch_1", "phone", "apprise", "ntfy", "...", "v1.lost", 5, "user:ada"))
        outbox.add(connection, "m", "inc_1", "opened", {}, 5)
        outbox.address(connection, "m", "ch_1", "phone", 5, 5)
        outbox.drop_channel(connection, "ch_1", 5)
    found = look("--quick")
    assert (found["messages"]["state"], found["messages"]["text"]) == ("warn", "1 were given up and reached nobody")
    assert found["channels"]["state"] == "fail"
    assert "phone" in found["channels"]["text"]
