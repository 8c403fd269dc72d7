import pathlib

import pytest

from wakeful_agent.host.errors import Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters import wireguard
from wakeful_agent.meters.wireguard import WireguardMeter

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "wireguard"
ONE = "kzAHufmdieJ8x1we4zF78qs6J4WXAZe3x6kqltngI2Q="
TWO = "UK7r/IWGZ+zyL5AG/DVXCdJ2szOGn2zE/147XFQSTXE="
THREE = "TnsNG/eGKAlxfKufK1Sl8KolyohZnIZzxbKmLtBiHGs="
NOW_MS = 1_763_736_100_000


@pytest.fixture
def host(tmp_path):
    def make(wg='cat "$folder/$3"', folder=CAPTURED, sudo=None):
        scripts = {"wg": f'folder="{folder}"\n{wg}'} | ({} if sudo is None else {"sudo": sudo})
        for name, script in scripts.items():
            program = tmp_path / name
            program.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/asked\n{script}\n')
            program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),), user_id=0 if sudo is None else 1000)

    return make


def asked(tmp_path):
    lines = (tmp_path / "asked").read_text().splitlines()
    (tmp_path / "asked").write_text("")
    return [line.removeprefix("wg show all ") for line in lines if line.startswith("wg ")]


def values(reading):
    return {
        (one.name.removeprefix("wireguard."), *dict(one.labels).values()): value
        for one, value in zip(reading.series, reading.values)
    }


def test_peers_with_their_bytes_and_handshakes(host):
    reading = WireguardMeter().read(host(), NOW_MS)
    assert values(reading) == {
        ("peers", "wg0"): 2,
        ("peers.connected", "wg0"): 0,
        ("peers", "wg1"): 1,
        ("peers.connected", "wg1"): 1,
        ("peers", "wg2"): 0,
        ("peers.connected", "wg2"): 0,
        ("peer.io", "wg1", "receive", ONE): 180,
        ("peer.io", "wg1", "transmit", ONE): 92,
        ("peer.handshake.age", "wg1", ONE): 100,
        ("peer.io", "wg0", "receive", TWO): 92,
        ("peer.io", "wg0", "transmit", TWO): 148,
        ("peer.handshake.age", "wg0", TWO): 1100,
        ("peer.io", "wg0", "receive", THREE): 0,
        ("peer.io", "wg0", "transmit", THREE): 0,
        ("peer.handshake.age", "wg0", THREE): None,
    }
    document = reading.inventories["wireguard"]
    assert document["interfaces"][0] == {"device": "wg0", "port": 51821}
    assert document["peers"][1] == {
        "device": "wg0",
        "peer": TWO,
        "endpoint": "127.0.0.1:51822",
        "networks": ["10.9.1.0/24", "fd00::/64"],
        "key": TWO,
    }
    assert document["left_out"] == 0


def test_a_clock_behind_the_handshake_gives_no_negative_age(host):
    assert values(WireguardMeter().read(host(), 0))["peer.handshake.age", "wg1", ONE] == 0


def test_only_questions_without_secrets_are_asked_and_some_seldom(host, tmp_path):
    meter = WireguardMeter()
    first = meter.read(host(), NOW_MS)
    assert asked(tmp_path) == ["listen-port", "latest-handshakes", "transfer", "endpoints", "allowed-ips"]
    second = meter.read(host(), NOW_MS + 60_000)
    assert asked(tmp_path) == ["listen-port", "latest-handshakes", "transfer"]
    assert second.series is first.series
    third = meter.read(host(), NOW_MS + 600_000)
    assert len(asked(tmp_path)) == 5
    assert third.inventories["wireguard"] is first.inventories["wireguard"]


def test_a_new_peer_is_looked_at_at_once(host, tmp_path):
    meter = WireguardMeter()
    folder = tmp_path / "said"
    folder.mkdir()
    for path in CAPTURED.iterdir():
        (folder / path.name).write_text("".join(path.read_text().splitlines(keepends=True)[:1]))
    assert len(meter.read(host(folder=folder), NOW_MS).inventories["wireguard"]["peers"]) == 1
    assert len(meter.read(host(), NOW_MS + 1000).inventories["wireguard"]["peers"]) == 3


def test_names_stand_for_keys(host):
    meter = WireguardMeter()
    meter.configure({"names": [f"laptop={ONE}", "no name", "=x", "y="]})
    reading = meter.read(host(), NOW_MS)
    assert values(reading)["peer.io", "wg1", "receive", "laptop"] == 180
    assert [row["peer"] for row in reading.inventories["wireguard"]["peers"]] == [THREE, TWO, "laptop"]


def test_a_peer_that_vanished_between_two_questions(host, tmp_path):
    folder = tmp_path / "said"
    folder.mkdir()
    for path in CAPTURED.iterdir():
        (folder / path.name).write_text(path.read_text())
    (folder / "transfer").write_text("")
    found = values(WireguardMeter().read(host(folder=folder), NOW_MS))
    assert found["peer.io", "wg1", "receive", ONE] is None
    assert found["peer.handshake.age", "wg1", ONE] == 100


def test_what_is_asked_seldom_costs_only_itself(host):
    meter = WireguardMeter()
    reading = meter.read(host('[ "$3" = endpoints ] && exit 1; cat "$folder/$3"'), NOW_MS)
    assert values(reading)["peer.io", "wg1", "receive", ONE] == 180
    assert reading.inventories == {}
    assert "endpoints" in str(reading.trouble)
    again = meter.read(host(), NOW_MS + 1000)
    assert (len(again.inventories["wireguard"]["peers"]), again.trouble) == (3, None)


def test_too_many_peers_are_counted(host, monkeypatch):
    monkeypatch.setattr(wireguard, "_PEERS_MAX", 1)
    reading = WireguardMeter().read(host(), NOW_MS)
    assert reading.inventories["wireguard"]["left_out"] == 2
    assert values(reading)["peers", "wg0"] == 2


def test_no_interface_is_no_data(host):
    with pytest.raises(NoData):
        WireguardMeter().read(host("true"), NOW_MS)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo 'Unable to access interface wg0: Operation not permitted' >&2; exit 1", Denied),
        ("exit 1", HostError),
        ("echo garbage", Malformed),
        ("exec yes", Malformed),
        ("exec sleep 60", Late),
    ],
)
def test_what_goes_wrong(host, monkeypatch, script, error):
    monkeypatch.setattr(wireguard, "_SECONDS", 0.5)
    with pytest.raises(error):
        WireguardMeter().read(host(script), NOW_MS)


def test_the_probe_says_exactly_what_to_permit(host, tmp_path):
    assert WireguardMeter().probe(host()).available
    assert not (tmp_path / "asked").exists(), "a probe asks nothing"
    found = WireguardMeter().probe(host(sudo="echo 'sudo: a password is required' >&2; exit 1"))
    assert (found.available, found.reason) == (False, "sudo: a password is required")
    assert found.fix.count(f"{tmp_path}/wg show all ") == 5
    assert "dump" not in found.fix
    assert "private-key" not in found.fix
    nothing = WireguardMeter().probe(Host(str(tmp_path), programs=()))
    assert (nothing.reason, nothing.fix) == ("wg is not installed", "apt install wireguard-tools")
