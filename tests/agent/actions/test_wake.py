import socket
import threading
import time

import pytest

from wakeful_agent.action import check_arguments
from wakeful_agent.actions import load, names
from wakeful_agent.actions.wake import WakeAction
from wakeful_agent.config import waking as config_waking
from wakeful_agent.daemon.events import WAKE_FAILED as FAILED
from wakeful_agent.daemon.events import WAKE_SENT as SENT
from wakeful_agent.daemon.events import WAKE_SUCCEEDED as SUCCEEDED
from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.links import Link, Network
from wakeful_agent.network import waking

MAC = "02:0a:bc:00:ff:10"
MAGIC = b"\xff" * 6 + bytes.fromhex("020abc00ff10") * 16


@pytest.fixture
def ear(monkeypatch):
    """Give a machine whose one link is the loopback, and an ear in it: here that is a network like any other."""
    monkeypatch.setattr(config_waking, "_NEVER", ())
    link = Link("lo", "virtual", "02:00:00:00:00:01", (Network("127.0.0.1", 8, "127.255.255.255"),))
    monkeypatch.setattr(waking, "links", lambda _host: [link])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.255.255.255", 0))
        ear.settimeout(5)
        yield ear


@pytest.fixture
def machine(tmp_path):
    """Give a machine that is no container."""
    return Host(str(tmp_path))


def asked(action, **given):
    arguments, problems = check_arguments(action.parameters, {"mac": MAC, **given})
    assert not problems
    return arguments


def made(*targets, **options):
    action = WakeAction({"targets": list(targets), **options})
    told = []
    action.tell = lambda kind, subject, data: told.append((kind, subject, dict(data)))
    return action, told


def test_it_is_in_the_table_of_contents():
    assert "wake" in names()
    assert load("wake") is WakeAction


def test_nothing_can_be_asked_until_the_file_names_somebody():
    assert "names nobody" in WakeAction().lacks()
    assert "[policy.wake] targets: 'nas'" in made(MAC, "nas")[0].lacks()
    assert made(MAC)[0].lacks() == ""
    assert made("*")[0].lacks() == ""


@pytest.mark.parametrize(
    "given",
    [
        {"mac": "nas"},
        {"address": "nas.lan"},
        {"address": "fe80::1"},
        {"interface": "a/b"},
        {"interface": "-i"},
        {"port": 0},
        {"repeat": 0},
        {"wait_seconds": 601},
        {"check": "http://192.0.2.1/"},
        {"check": "tcp:user@192.0.2.1:22"},
        {"password_file": "/etc/shadow"},
        {"name": "x" * 129},
    ],
)
def test_what_the_collector_cannot_say(given):
    _, problems = check_arguments(WakeAction().parameters, {"mac": MAC, **given})
    assert problems


def test_what_it_says_of_itself():
    document = made(MAC)[0].document()
    assert document["danger"] == "changes"
    assert document["targets"] == {"anybody": False, "machines": [MAC], "networks": []}
    assert document["timeout_seconds"] > document["parameters"]["wait_seconds"]["most"]
    assert [name for name, one in document["parameters"].items() if one["required"]] == ["mac"]


def test_without_a_check_packets_are_sent_and_that_is_all(ear, machine):
    action, told = made(MAC)
    port = ear.getsockname()[1]
    outcome = action.run(machine, asked(action, port=port, repeat=1, name="nas"), 0)
    assert outcome.done
    assert "3 packets were sent to wake nas; no check says" in outcome.summary
    assert [ear.recv(2048) for _ in range(3)] == [MAGIC] * 3
    way = f"broadcast to 127.255.255.255 port {port} over lo"
    assert told == [(SENT, "nas", {"mac": MAC, "check": "", "ways": [way]})]
    assert outcome.data == {"mac": MAC, "check": "", "ways": [way], "packets": 3}


def test_a_machine_that_boots_on_the_packet(ear, machine):
    action, told = made(MAC, "127.0.0.0/8", check_ports=["1"])
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
        action.chosen["check_ports"] = [str(port)]

        def boot():
            ear.recv(2048)
            time.sleep(0.7)
            door.listen()

        threading.Thread(target=boot, daemon=True).start()
        given = asked(action, port=ear.getsockname()[1], repeat=60, check=f"tcp:127.0.0.1:{port}", wait_seconds=20)
        outcome = action.run(machine, given, 0)
    assert outcome.done, outcome
    assert outcome.summary.startswith(f"{MAC} is up, ")
    assert 0.5 < outcome.data["seconds"] < 10
    assert [kind for kind, _, _ in told] == [SENT, SUCCEEDED]
    assert told[1] == (SUCCEEDED, MAC, outcome.data)


def test_a_machine_that_does_not_come_up(ear, machine):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
        action, told = made("127.0.0.0/8", check_ports=[str(port)])
        given = asked(action, port=ear.getsockname()[1], repeat=1, check=f"tcp:127.0.0.1:{port}", wait_seconds=2)
        outcome = action.run(machine, given, 0)
    assert not outcome.done
    assert f"is not up after {outcome.data['seconds']:g} s and " in outcome.summary
    assert f"nothing listens at 127.0.0.1:{port}" in outcome.summary
    packets = outcome.data["packets"]
    assert packets in (2, 3)
    assert [ear.recv(2048) for _ in range(packets)] == [MAGIC] * packets
    assert [kind for kind, _, _ in told] == [SENT, FAILED]
    assert told[1][2]["why"] == f"nothing listens at 127.0.0.1:{port}"


def test_a_link_that_goes_while_somebody_boots_is_no_failure(ear, machine, monkeypatch):
    action, _ = made(MAC)
    sent = []

    def flaps(_way, content):
        sent.append(content)
        if len(sent) == 2:
            raise HostError("the interface is gone or down")

    monkeypatch.setattr(waking, "send", flaps)
    outcome = action.run(machine, asked(action, repeat=1), 0)
    assert outcome.done
    assert sent == [MAGIC] * 4, "three went out, one did not"


def test_a_packet_that_goes_nowhere_is_told(ear, machine):
    action, told = made(MAC)
    with pytest.raises(HostError, match="no interface 'eth7' is up"):
        action.run(machine, asked(action, interface="eth7"), 0)
    ((kind, subject, data),) = told
    assert (kind, subject) == (FAILED, MAC)
    assert "no interface 'eth7' is up" in data["why"]


def test_whom_the_file_does_not_name_nobody_wakes(ear, machine):
    action, told = made("02:0a:bc:00:ff:11", "192.168.1.0/24")
    ear.settimeout(0.1)
    with pytest.raises(Denied, match="own file does not permit waking"):
        action.run(machine, asked(action, port=ear.getsockname()[1]), 0)
    assert [kind for kind, _, _ in told] == [FAILED]
    with pytest.raises(OSError, match="timed out"):
        ear.recv(2048)


def test_a_check_is_no_way_to_look_round(ear, machine):
    action, told = made(MAC, "192.168.1.0/24")
    ear.settimeout(0.1)
    for check in ("tcp:10.0.0.1:22", "ping:10.0.0.1", "tcp:intern.example:22", "tcp:192.168.1.9:6379"):
        with pytest.raises(Denied, match="does not permit asking"):
            action.run(machine, asked(action, check=check, port=ear.getsockname()[1]), 0)
    assert told == []
    everybody, _ = made("*")
    for check in ("tcp:10.0.0.1:6379", "tcp:nas.lan:6379", "ping:localhost", "ping:[::1]"):
        with pytest.raises(Denied, match="does not permit asking"):
            everybody.run(machine, asked(everybody, check=check, port=ear.getsockname()[1]), 0)
    with pytest.raises(OSError, match="timed out"):
        ear.recv(2048)
    with pytest.raises(Malformed):
        action.run(machine, asked(action, check="tcp:192.168.1.9:99999"), 0)


def test_the_password_is_the_files(ear, machine, tmp_path):
    secret = tmp_path / "nas.secureon"
    secret.write_text("01:23:45:67:89:ab\n")
    secret.chmod(0o600)
    action, told = made(f"{MAC} password_file={secret}")
    outcome = action.run(machine, asked(action, port=ear.getsockname()[1], repeat=1), 0)
    assert ear.recv(2048) == MAGIC + bytes.fromhex("0123456789ab")
    said = repr((told, outcome))
    assert "01:23:45" not in said
    assert "012345" not in said
    secret.chmod(0o644)
    with pytest.raises(Denied, match="open to others"):
        action.run(machine, asked(action), 0)


def test_who_listens_to_nobody_runs_all_the_same(ear, machine):
    action = WakeAction({"targets": [MAC]})
    assert action.run(machine, asked(action, port=ear.getsockname()[1], repeat=1), 0).done
