"""Where the collector runs is noted, and how others reach it follows from that and the settings."""

import json
import os
import socket
import subprocess
import sys

import pytest

from wakeful_collector import config
from wakeful_collector.serving import certificate, place

NOW_MS = 1_763_719_200_000


@pytest.fixture
def load(tmp_path):
    return lambda **environ: config.load({f"WAKEFUL_{name}": value for name, value in environ.items()}, tmp_path)


def test_a_running_collector_is_found_until_it_says_goodbye(tmp_path):
    assert place.running(tmp_path) is None
    here = place.Place(os.getpid(), "127.0.0.1:8800", None)
    place.write(tmp_path, here)
    assert place.running(tmp_path) == here
    place.forget(tmp_path)
    assert place.running(tmp_path) is None
    place.forget(tmp_path)


def test_the_note_of_a_killed_collector_is_not_believed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    place.write(tmp_path, place.Place(ended.pid, "127.0.0.1:8800", None))
    assert place.running(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", '{"pid": 1}', '{"pid": "x", "address": "", "tls_certificate": null}'])
def test_a_note_that_makes_no_sense_is_not_believed(tmp_path, text):
    (tmp_path / place.FILE_NAME).write_text(text)
    assert place.running(tmp_path) is None


def test_the_public_address_is_handed_out_when_there_is_one(load):
    reach = place.reach(load(PUBLIC_URL="https://wakeful.example.org"), None)
    assert reach == place.Reach("https://wakeful.example.org", None, False)


def test_a_loopback_address_is_called_that(load):
    assert place.reach(load(), None) == place.Reach("http://127.0.0.1:8800", None, True)
    assert place.reach(load(LISTEN="localhost:80"), None).loopback_only
    assert place.reach(load(LISTEN="[::1]:80"), None) == place.Reach("http://[::1]:80", None, True)


def test_what_is_listened_on_now_wins_over_the_settings(load):
    here = place.Place(os.getpid(), "192.0.2.7:9000", None)
    assert place.reach(load(), here) == place.Reach("http://192.0.2.7:9000", None, False)


def test_all_addresses_become_one_that_others_can_use(load):
    for listen in ("0.0.0.0:8800", "[::]:8800"):
        url = place.reach(load(LISTEN=listen), None).url
        assert url.endswith(":8800")
        assert "//0.0.0.0" not in url
        assert "[::]" not in url


def test_a_certificate_of_its_own_comes_with_its_fingerprint(load, tmp_path):
    path, key = certificate.self_signed(tmp_path / "tls", ["localhost"], NOW_MS)
    settings = load(TLS_CERTIFICATE=str(path), TLS_KEY=str(key))
    reach = place.reach(settings, None)
    assert reach.url.startswith("https://")
    assert reach.fingerprint == certificate.fingerprint(path)
    # `serve --tls self` in another shell: the settings know nothing of it, the note does
    served = place.reach(load(), place.Place(os.getpid(), "127.0.0.1:8800", str(path)))
    assert served.fingerprint == certificate.fingerprint(path)
    assert served.url == "https://127.0.0.1:8800"


def test_a_certificate_that_cannot_be_read_gives_no_fingerprint(load, tmp_path):
    here = place.Place(os.getpid(), "127.0.0.1:8800", str(tmp_path / "none.crt"))
    assert place.reach(load(), here).fingerprint is None


def test_the_note_is_plain_json(tmp_path):
    place.write(tmp_path, place.Place(1, "a:1", None))
    assert json.loads((tmp_path / place.FILE_NAME).read_text()) == {"pid": 1, "address": "a:1", "tls_certificate": None}


def test_a_process_of_somebody_else_is_not_our_collector(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError

    place.write(tmp_path, place.Place(1, "127.0.0.1:8800", None))
    monkeypatch.setattr(place.os, "kill", refused)
    assert place.running(tmp_path) is None


def test_without_a_network_the_name_of_the_machine_is_handed_out(load, monkeypatch):
    class Unreachable(socket.socket):
        def connect(self, _):
            raise OSError("no route")

    monkeypatch.setattr(place.socket, "socket", Unreachable)
    assert place.reach(load(LISTEN="0.0.0.0:8800"), None).url == f"http://{socket.gethostname()}:8800"
