"""A collector that is really served, machines that push to it, and the command line run against it."""

from __future__ import annotations

import base64
import os
import pty
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock, remote
from wakeful_collector.config import Settings
from wakeful_collector.enrolment import enroll, new_invite
from wakeful_collector.ingest.door import Door
from wakeful_collector.rooms import REGISTRY
from wakeful_collector.serving import certificate
from wakeful_collector.store.changes import changing
from wakeful_collector.store.invites import add_invite
from wakeful_wire.enroll import EnrollRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

from .counterparts import ACTIONS, PROGRAM, OnTime, Ran, Seat, Served, free_port


@pytest.fixture
def serve(tmp_path: Path, blank_data: Path) -> Iterator[Callable[..., Served]]:
    """Serve a collector of the test's own: `serve(WAKEFUL_WEB_THREADS="4")`."""
    running = []

    def start(**more: str) -> Served:
        data = tmp_path / f"served-{len(running)}" / "data"
        shutil.copytree(blank_data, data)
        served = Served(data, free_port(), more)
        running.append(served)
        served.start()
        return served

    yield start
    for served in running:
        served.stop()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, blank_data: Path) -> Iterator[Served]:
    """One collector for all tests that get along on it: each names its hosts so that nobody else's are met."""
    data = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(blank_data, data)
    served = Served(data, free_port())
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="session")
def shared_keys(shared: Served) -> dict[str, str]:
    """A key of each scope."""
    return {scope: shared.key(scope) for scope in ("read", "operate", "admin")}


@pytest.fixture
def data(shared: Served) -> Path:
    """The data of the shared collector: what `machine` enrols into."""
    return shared.data


@pytest.fixture
def now_ms() -> int:
    """The real time: the collector runs on it."""
    return clock.now_ms()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and an environment that says nothing."""
    for name in list(os.environ):
        if name.startswith("WAKEFUL_") or name.lower() in {"https_proxy", "no_proxy", "no_color", "columns"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")  # what measures coverage says in children is no output of ours
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def wakeful(home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run one command line here: `wakeful("hosts", "--json", WAKEFUL_URL=...)`."""

    def run(*words: str, stdin: str = "", **environ: str) -> Ran:
        capfd.readouterr()
        with monkeypatch.context() as patch:
            for name, text in environ.items():
                patch.setenv(name, text)
            (home / "stdin").write_text(stdin)
            with (home / "stdin").open() as given:
                patch.setattr(sys, "stdin", given)
                try:
                    code = remote.main(words)
                except SystemExit as end:
                    code = int(end.code or 0)
        return Ran(code, *capfd.readouterr())

    return run


@pytest.fixture
def operator(wakeful: Callable[..., Ran], shared: Served, shared_keys: dict[str, str]) -> Callable[..., Ran]:
    """Run one command line against the shared collector, with the scope operate if nothing else is said."""

    def run(*words: str, scope: str = "operate", **more: str) -> Ran:
        return wakeful(*words, **{"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared_keys[scope], **more})

    return run


@pytest.fixture
def seat(home: Path, shared: Served, shared_keys: dict[str, str]) -> Callable[..., Seat]:
    """Run one command line on a pseudo-terminal: `seat("login", URL)`; COLUMNS and more by name."""

    def sit(*words: str, known: bool = True, **environ: str) -> Seat:
        whole = {name: text for name, text in os.environ.items() if name != "NO_COLOR"}
        if known:
            whole |= {"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared_keys["admin"]}
        whole |= {"TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environ}
        child, end = pty.fork()
        if child == 0:
            os.execve(sys.executable, [*PROGRAM, *words], whole)
        return Seat(child, end)

    return sit


@pytest.fixture
def offered() -> list[str]:
    """The names of all operations."""
    return [operation.name for operation in REGISTRY]


@pytest.fixture
def settings(shared: Served) -> Settings:
    """The settings of the shared collector."""
    return Settings(data=shared.data)


@pytest.fixture
def announcing(machine: Callable[..., Any], now_ms: int) -> Callable[..., Any]:
    """Enrol a machine that announced what it may be asked for: `announcing("name")`."""

    def make(name: str, tags: list[str] | None = None, actions: list[dict[str, Any]] | None = None) -> Any:
        found = machine(name, tags)
        hello = {
            "name": name,
            "version": "0.1.0",
            "actions": ACTIONS if actions is None else actions,
            "uname": {"sysname": "Linux", "release": "6.1", "machine": "x86_64"},
            "os": {"pretty_name": "Debian 12"},
            "user": {"name": "wakeful"},
            "boot_time_ms": now_ms - 300_000_000,
        }
        found.push([[now_ms, [1, 2, 3, 4]]], now_ms, hello=hello)
        return found

    return make


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory, blank_data: Path) -> Iterator[Served]:
    """A collector behind a certificate that nobody vouches for."""
    folder = tmp_path_factory.mktemp("secured")
    shutil.copytree(blank_data, folder / "data")
    crt, key = certificate.self_signed(folder, ["127.0.0.1", "localhost"], clock.now_ms())
    served = Served(folder / "data", free_port(), {"WAKEFUL_TLS_CERTIFICATE": str(crt), "WAKEFUL_TLS_KEY": str(key)})
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="session")
def fingerprint(secured: Served) -> str:
    """The fingerprint of that certificate."""
    return certificate.fingerprint(Path(secured.more["WAKEFUL_TLS_CERTIFICATE"]))


@pytest.fixture
def machine_of() -> Iterator[Callable[[Served], Any]]:
    """Enrol a machine with another collector than the shared one; it pushes at the real time."""
    doors = []

    def make(served: Served, name: str = "web-1") -> Any:
        at_ms = clock.now_ms()
        secret, digest = new_invite()
        with changing(served.data) as connection:
            add_invite(connection, digest, at_ms + 60_000, 1, [], "local:test", at_ms)
        request = EnrollRequest(secret, name, "machine", "0.1.0", base64.b64encode(bytes(32)).decode())
        answer = enroll(served.data, request, "192.0.2.7", at_ms)
        doors.append(Door(served.data))
        return OnTime(answer.agent_id, answer.token, served.data, doors[-1])

    yield make
    for door in doors:
        door.close()
