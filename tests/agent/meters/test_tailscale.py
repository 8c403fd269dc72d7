import json
import pathlib

import pytest

from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters import tailscale
from wakeful_agent.meters.tailscale import TailscaleMeter

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures/tailscale/status.json"
NOW_MS = 1_795_996_800_000  # 2026-11-30


@pytest.fixture
def host(tmp_path):
    def make(script=f"cat {CAPTURED}"):
        program = tmp_path / "tailscale"
        program.write_text(f'#!/bin/sh\n[ "$*" = "status --json" ] || exit 9\n{script}\n')
        program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),))

    return make


def said(tmp_path, **changes):
    (tmp_path / "said").write_text(json.dumps({**json.loads(CAPTURED.read_text()), **changes}))
    return f"cat {tmp_path}/said"


def values(reading):
    return {
        (one.name.removeprefix("tailscale."), *dict(one.labels).values()): value
        for one, value in zip(reading.series, reading.values)
    }


def test_the_tailnet_and_its_machines(host):
    reading = TailscaleMeter().read(host(), NOW_MS)
    assert values(reading) == {
        ("up",): 1,
        ("peers", "online"): 1,
        ("peers", "offline"): 1,
        ("key.expires",): 86_400,
        ("problems",): 1,
        ("peer.online", "laptop"): 1,
        ("peer.io", "receive", "laptop"): 123456,
        ("peer.io", "transmit", "laptop"): 654321,
        ("peer.online", "phone"): 0,
        ("peer.io", "receive", "phone"): 0,
        ("peer.io", "transmit", "phone"): 0,
    }
    document = reading.inventories["tailscale"]
    assert (document["version"], document["state"], document["name"]) == ("1.76.1", "running", "server")
    assert [(row["peer"], row["state"]) for row in document["peers"]] == [("laptop", "online"), ("phone", "expired")]
    assert "login.tailscale.com" not in json.dumps(document)


def test_a_second_reading_gives_the_same_series_and_document(host):
    meter = TailscaleMeter()
    first, second = meter.read(host(), NOW_MS), meter.read(host(), NOW_MS + 60_000)
    assert second.series is first.series
    assert second.inventories["tailscale"] is first.inventories["tailscale"]


def test_one_that_was_stopped_is_down_and_no_failure(host, tmp_path):
    reading = TailscaleMeter().read(host(said(tmp_path, BackendState="Stopped")), NOW_MS)
    found = values(reading)
    assert (found["up",], found["peers", "online"], found["peer.online", "laptop"]) == (0, None, None)
    assert reading.trouble is None


def test_a_key_without_an_end(host, tmp_path):
    own = json.loads(CAPTURED.read_text())["Self"]
    for expiry in (None, "", "never", "2026-13-45T00:00:00Z"):
        script = said(tmp_path, Self={**own, "KeyExpiry": expiry})
        assert values(TailscaleMeter().read(host(script), NOW_MS))["key.expires",] is None


def test_a_tailscaled_that_does_not_run_is_a_failure_and_its_series_stay(host):
    meter = TailscaleMeter()
    before = meter.read(host(), NOW_MS).series
    said = "failed to connect to local tailscaled; it doesn't appear to be running"
    reading = meter.read(host(f'echo "{said}" >&2; exit 1'), NOW_MS)
    assert reading.series is before
    assert values(reading)["up",] == 0
    assert set(reading.values[1:]) == {None}
    assert str(reading.trouble) == f"tailscale: {said}"


@pytest.mark.parametrize("script", ["exit 1", "echo garbage", "echo '{'", "exec yes", "true"])
def test_garbage_is_a_failure(host, script, monkeypatch):
    monkeypatch.setattr(tailscale, "_BYTES_MAX", 100_000)
    reading = TailscaleMeter().read(host(script), NOW_MS)
    assert isinstance(reading.trouble, HostError)
    assert reading.values[0] == 0


def test_machines_beyond_the_bound_are_counted_without_series(host):
    meter = TailscaleMeter()
    meter.configure({"peers_max": 1})
    reading = meter.read(host(), NOW_MS)
    assert ("peer.online", "phone") not in values(reading)
    assert values(reading)["peers", "offline"] == 1
    assert len(reading.inventories["tailscale"]["peers"]) == 2


def test_the_probe(host, tmp_path):
    found = TailscaleMeter().probe(host())
    assert (found.available, found.reason) == (True, "tailscale 1.76.1 is Running")
    found = TailscaleMeter().probe(host("echo down >&2; exit 1"))
    assert (found.available, found.reason, found.fix) == (False, "tailscale: down", "systemctl enable --now tailscaled")
    nothing = Host(str(tmp_path), programs=())
    assert TailscaleMeter().probe(nothing).reason == "tailscale is not installed"
    with pytest.raises(Absent):
        TailscaleMeter().read(nothing, NOW_MS)


def test_malformed_is_what_a_wrong_document_is(host):
    assert isinstance(TailscaleMeter().read(host("echo '[]'"), NOW_MS).trouble, Malformed)
