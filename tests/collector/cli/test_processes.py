"""serve, web and worker as the command line starts them; what they do when run is in serving/test_supervisor.py."""

import logging
import os
import signal
import socket
import threading
import time

import pytest

from wakeful_collector.read import heartbeats, people
from wakeful_collector.serving import certificate, place
from wakeful_collector.store import database


@pytest.fixture(autouse=True)
def _put_back():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for number, handler in kept.items():
        signal.signal(number, handler)


def once(condition, *numbers):
    """Send this process the signals, a moment apart, once `condition` holds; returns the thread."""

    def wait():
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if condition():
                    break
            except database.StoreError:
                pass
            time.sleep(0.05)
        for number in numbers:
            os.kill(os.getpid(), number)
            time.sleep(0.5)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_serve_greets_and_ends_on_a_signal(run, data):
    thread = once(lambda: place.running(data), signal.SIGTERM)
    ran = run("serve", "--listen", "127.0.0.1:0", "--tls", "self")
    thread.join()
    assert ran.code == 0
    assert "Wakeful collector on https://127.0.0.1:" in ran.out
    assert certificate.fingerprint(data / "tls" / "self.crt") in ran.out
    assert ran.out.count("/sign-in/link/wk_lnk_") == 1
    assert place.running(data) is None


def test_once_somebody_may_sign_in_no_link_is_printed(run, data):
    run("user", "add", "anna", "--scope", "admin", stdin="correct horse battery 9\n")
    assert people.users(data)
    thread = once(lambda: place.running(data), signal.SIGINT)
    ran = run("serve", "--listen", "127.0.0.1:0")
    thread.join()
    assert ran.code == 0
    assert "link" not in ran.out


def test_a_folder_in_use_is_refused(run, data):
    data.mkdir()
    place.write(data, place.Place(os.getpid(), "127.0.0.1:8800", None))
    ran = run("serve")
    assert ran.code == 1
    assert f"process {os.getpid()}, 127.0.0.1:8800" in ran.err


def test_a_taken_port_is_a_matter_of_settings(run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        ran = run("serve", "--listen", f"127.0.0.1:{other.getsockname()[1]}")
    assert ran.code == 2
    assert "is taken by" in ran.err


def test_a_certificate_that_is_set_is_not_replaced(run, tmp_path, monkeypatch):
    path, key = certificate.self_signed(tmp_path / "tls", ["localhost"], 1_763_719_200_000)
    monkeypatch.setenv("WAKEFUL_TLS_CERTIFICATE", str(path))
    monkeypatch.setenv("WAKEFUL_TLS_KEY", str(key))
    ran = run("serve", "--tls", "self")
    assert ran.code == 2
    assert "not needed" in ran.err


@pytest.mark.parametrize("word", ["serve", "web", "worker"])
def test_nobody_starts_for_a_supervisor_that_is_gone(run, monkeypatch, word):
    monkeypatch.setattr("wakeful_collector.serving.lifeline.tie_to_parent", lambda _: False)
    monkeypatch.setenv("WAKEFUL_PARENT_PID", "1")
    assert run(word).code == 1


def test_the_worker_runs_until_a_signal_and_keeps_good_settings(run, data):
    database.create(data)
    (data / "collector.toml").write_text("")

    def alive():
        if "worker" not in heartbeats.of_all(data):
            return False
        (data / "collector.toml").write_text("web_threads = 0\n")
        return True

    thread = once(alive, signal.SIGHUP, signal.SIGTERM)
    ran = run("worker")
    thread.join()
    assert ran.code == 0
    assert "the old ones stay" in ran.err


def test_the_web_server_gets_the_settings_and_the_socket(run, data, monkeypatch):
    from wakeful_collector.serving import web

    seen = {}

    def run_it(server):
        seen.update(listen=server.read().listen, fd=server.listener_fd, data=os.environ["WAKEFUL_DATA"])

    monkeypatch.setattr(web.WebServer, "run", run_it)
    assert run("web", "--listen", "127.0.0.1:7", "--fd", "9").code == 0
    assert seen == {"listen": "127.0.0.1:7", "fd": 9, "data": str(data)}
