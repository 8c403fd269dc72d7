"""`serve` for real: whatever dies is started again, every signal does what it should, nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress

import psutil
import pytest

from wakeful_collector.serving import certificate, place


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def eventually(look, seconds=25.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(psutil.Error, OSError, urllib.error.URLError):
            if found := look():
                return found
        time.sleep(0.05)
    raise AssertionError("it did not come to that in time")


def answers(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
        return bool(answer.status == 200)


class Serve:
    """`wakeful-collector serve` in a process of its own."""

    def __init__(self, data, *words: str, **environ: str) -> None:
        self.data = data
        self.port = free_port()
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wakeful_collector", "serve", *words],
            env={**inherited, "WAKEFUL_DATA": str(data), "WAKEFUL_LISTEN": f"127.0.0.1:{self.port}", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.err = ""

    def answers(self) -> bool:
        return answers(self.port)

    def child(self, word: str) -> psutil.Process:
        for one in psutil.Process(self.process.pid).children():
            if word in one.cmdline():
                return one
        raise psutil.NoSuchProcess(0)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: int = signal.SIGTERM) -> str:
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, self.err = self.process.communicate(timeout=30)
        return out


@pytest.fixture
def serve(tmp_path):
    started = []

    def one(*words, **environ):
        started.append(Serve(tmp_path / "data", *words, **environ))
        return started[-1]

    yield one
    for each in started:
        each.end(signal.SIGKILL)


def test_killed_children_come_back_and_the_end_is_clean(serve):
    one = serve()
    eventually(one.answers)
    for word in ("web", "worker"):
        killed = one.child(word)
        killed.kill()
        assert eventually(lambda word=word, killed=killed: one.child(word).pid != killed.pid)
    assert eventually(one.answers)
    arbiter = one.child("web")
    request_process = eventually(lambda: arbiter.children())[0]
    request_process.kill()
    assert eventually(lambda: [child for child in arbiter.children() if child.pid != request_process.pid])
    assert eventually(one.answers)
    family = one.family()
    assert len(family) >= 3
    began = time.monotonic()
    out = one.end(signal.SIGTERM)
    assert time.monotonic() - began < 10
    assert one.process.returncode == 0
    assert "sign-in/link/wk_lnk_" in out
    assert "was killed by SIGKILL, starting it again" in one.err
    _, alive = psutil.wait_procs(family, 3)
    assert alive == []
    assert place.running(one.data) is None
    assert not [path.name for path in one.data.iterdir() if "gunicorn" in path.name or path.is_socket()]


def test_a_killed_supervisor_leaves_nobody_and_the_next_one_starts(serve):
    one = serve("--quiet")
    eventually(one.answers)
    family = one.family()
    one.end(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, 15)
    assert alive == []
    two = serve("--quiet")
    eventually(two.answers)
    assert two.end(signal.SIGINT) == ""
    assert two.process.returncode == 0


def test_settings_are_read_again_on_hup_and_wrong_ones_are_not_taken(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    file = data / "collector.toml"
    first, moved = free_port(), free_port()
    file.write_text(f'listen = "127.0.0.1:{first}"\n')
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "wakeful_collector", "serve", "--quiet", "--data", str(data)],
        env=inherited,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        eventually(lambda: answers(first))
        before = psutil.Process(process.pid).children(recursive=True)
        file.write_text("listen = 5\n")
        process.send_signal(signal.SIGHUP)
        time.sleep(1.0)
        assert answers(first)
        file.write_text(f'listen = "127.0.0.1:{first}"\nweb_threads = 5\n')
        process.send_signal(signal.SIGHUP)
        eventually(lambda: {one.pid for one in before} - {p.pid for p in psutil.Process(process.pid).children(True)})
        assert eventually(lambda: answers(first))
        file.write_text(f'listen = "127.0.0.1:{moved}"\n')
        process.send_signal(signal.SIGHUP)
        assert eventually(lambda: answers(moved))
        with pytest.raises(urllib.error.URLError):
            answers(first)
        assert place.running(data).address == f"127.0.0.1:{moved}"
        file.write_text(f'listen = "192.0.2.1:{moved}"\n')  # no address of this machine
        process.send_signal(signal.SIGHUP)
        time.sleep(1.0)
        assert eventually(lambda: answers(moved))
        file.write_text(f'listen = "0.0.0.0:{moved}"\n')
        process.send_signal(signal.SIGHUP)
        assert eventually(lambda: place.running(data).address == f"0.0.0.0:{moved}")
        assert eventually(lambda: answers(moved))
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "the old ones stay" in err
    assert "is 5, which is not text" in err
    assert f"192.0.2.1:{moved} is not an address of this machine" in err
    assert f"settings reloaded, listening on 127.0.0.1:{moved}" in err


def test_two_collectors_of_one_folder_are_refused(serve):
    one = serve()
    eventually(one.answers)
    eventually(lambda: place.running(one.data))
    two = serve()
    two.process.wait(20)
    two.end()
    assert two.process.returncode == 1
    assert "runs already" in two.err


def test_a_taken_port_is_said_at_once(serve, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        one = serve("--listen", f"127.0.0.1:{port}")
        assert one.process.wait(20) == 2
        one.end()
    assert f"127.0.0.1:{port} is taken by" in one.err


def test_it_serves_https_with_a_certificate_of_its_own(serve):
    one = serve("--tls", "self")
    path = one.data / "tls" / "self.crt"

    def answers():
        context = ssl.create_default_context(cafile=path)
        with urllib.request.urlopen(f"https://127.0.0.1:{one.port}/healthz", context=context, timeout=30) as answer:
            return answer.status == 200

    eventually(lambda: path.exists() and answers())
    out = one.end()
    assert certificate.fingerprint(path) in out
    assert f"https://127.0.0.1:{one.port}" in out


def test_a_certificate_is_not_made_where_one_is_set(serve, tmp_path):
    path, key = certificate.self_signed(tmp_path / "tls", ["localhost"], 1_763_719_200_000)
    one = serve("--tls", "self", WAKEFUL_TLS_CERTIFICATE=str(path), WAKEFUL_TLS_KEY=str(key))
    assert one.process.wait(20) == 2
    one.end()
    assert "is not needed" in one.err


def test_the_init_system_is_told(serve, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(20)
        one = serve("--quiet", NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert b"READY=1" in listener.recv(1000)
        assert listener.recv(1000) == b"WATCHDOG=1"
        eventually(one.answers)
        ending = threading.Thread(target=one.end)
        ending.start()  # while somebody listens: the kernel keeps ten messages and no more
        while listener.recv(1000) != b"STOPPING=1":
            pass
        ending.join()
    assert one.process.returncode == 0


def test_web_and_worker_run_alone_under_an_init_system(tmp_path):
    port = free_port()
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
    environ = {**inherited, "WAKEFUL_DATA": str(tmp_path / "data")}
    argv = [sys.executable, "-m", "wakeful_collector"]
    web = subprocess.Popen([*argv, "web", "--listen", f"127.0.0.1:{port}"], env=environ, stderr=subprocess.PIPE)
    worker = subprocess.Popen([*argv, "worker"], env=environ, stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{port}/readyz"

    def ready():
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["ready"]

    try:
        assert eventually(ready)
        (tmp_path / "data" / "collector.toml").write_text("web_threads = 0\n")
        for one in (web, worker):
            one.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert ready()
        (tmp_path / "data" / "collector.toml").write_text("web_threads = 6\n")
        for one in (web, worker):
            one.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert eventually(ready)
    finally:
        for one in (web, worker):
            one.send_signal(signal.SIGTERM)
        errors = [one.communicate(timeout=30)[1].decode() for one in (web, worker)]
    assert web.returncode == 0
    assert worker.returncode == 0
    assert all("the old ones stay" in text for text in errors), errors


@pytest.mark.parametrize("word", ["web", "worker", "serve"])
def test_nobody_starts_for_a_supervisor_that_is_gone(tmp_path, word):
    environ = {**os.environ, "WAKEFUL_DATA": str(tmp_path), "WAKEFUL_PARENT_PID": "1"}
    ran = subprocess.run([sys.executable, "-m", "wakeful_collector", word], env=environ, timeout=20, check=False)
    assert ran.returncode == 1
