"""A client of an older gateway service, with that service's .env: only its base address is another one."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import audit

from ..fakes.ollama_clients import answering, ask
from ..fakes.sleeping_machine import MAC, SleepingMachine, sleeping_machine
from ..fakes.ssh_server import PASSWORD, USER, SshServer, ssh_server
from .halves import Collector, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 120.0
"""More than the minute between two wakes for requests, should a loaded machine have looked as if it were gone."""

KEY = "ia-key-of-2024-a"
SUDO = """\
read -r password
printf '%s' "$password" > password
printf '%s' "$*" > order
touch off"""
GENERATE = {"model": "gem", "prompt": "the quick brown fox"}


class Client:
    """The older client: a base address, a key, and the routes that it has always asked."""

    def __init__(self, base: str, key: str = KEY) -> None:
        self.base = base
        self.headers = {"X-API-Key": key, "Content-Type": "application/json"}

    def get(self, path: str) -> Any:
        answer = ask(self.base, "GET", path, headers=self.headers)
        assert answer.status == 200, answer
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        answer = ask(self.base, "POST", path, body, self.headers, PATIENCE_SECONDS)
        assert answer.status == 200, answer
        return answer.json()

    def wait_until(self, **state: Any) -> None:
        wait_for(lambda: state.items() <= self.get("/status").items(), PATIENCE_SECONDS)


class Place:
    """The collector with that service's .env, the machine, and its SSH server."""

    def __init__(self, folder: Path, machine: SleepingMachine, box: SshServer) -> None:
        self.machine = machine
        self.box = box
        box.program("sudo", SUDO)
        port = machine.ollama.url.rpartition(":")[2]
        file = folder / "gateway.env"
        file.write_text(
            f"EQUIPO_IA=127.0.0.1\nIA_MAC={MAC}\nOLLAMA_PORT={port}\nSSH_USER={USER}\nSSH_PORT={box.port}\n"
            f"WOL_BROADCAST=127.0.0.1\nWOL_PORT={machine.wol_port}\nAPI_KEYS={KEY},ia-key-of-2024-b\n"
        )
        file.chmod(0o600)
        (folder / "password").write_text(PASSWORD)
        self.collector = Collector(
            folder / "data",
            WAKEFUL_GATEWAY_ENV=str(file),
            WAKEFUL_WEB_WORKERS="2",
            SSH_PASS_FILE=str(folder / "password"),
        )
        self.collector.start()
        self.client = Client(f"http://127.0.0.1:{self.collector.port}/gateway")
        self._ended = threading.Event()
        threading.Thread(target=self._mind_the_switch, daemon=True).start()
        wait_for(self._is_described, 30)

    def _is_described(self) -> bool:
        return ask(self.client.base, "GET", "/status", headers=self.client.headers).status == 200

    def _mind_the_switch(self) -> None:
        off = self.box.folder / "off"
        while not self._ended.wait(0.05):
            if off.exists():
                off.unlink()
                self.machine.power_off()

    def end(self) -> None:
        self._ended.set()
        self.collector.end()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("older")
    with sleeping_machine(1.0) as machine, ssh_server(folder / "box") as box:
        made = Place(folder, machine, box)
        try:
            yield made
        finally:
            made.end()


@pytest.fixture
def client(place: Place) -> Iterator[Client]:
    """The client, before a machine that is off and that nobody claims."""
    yield place.client
    place.client.post("/shutdown")
    place.client.wait_until(phisical_on=False, peticions_ollama=0)


def test_a_request_wakes_streams_and_leaves_nothing_behind(place: Place, client: Client) -> None:
    before = len(place.machine.wakings)
    answer = client.post("/ollama/generate", GENERATE)
    assert answer["response"].endswith("the quick brown fox")
    assert len(place.machine.wakings) == before + 1
    place.machine.ollama.manners.token_seconds = 0.2
    try:
        body = {**GENERATE, "stream": True}
        with answering(client.base, "POST", "/ollama/generate", body, client.headers, 30) as streamed:
            came = [(time.monotonic(), json.loads(line)) for line in iter(streamed.readline, b"")]
    finally:
        place.machine.ollama.manners.token_seconds = 0.0
    assert [line["done"] for _, line in came] == [False] * (len(came) - 1) + [True]
    assert came[-1][0] - came[0][0] > 0.2 * (len(came) - 3)
    assert client.get("/status")["peticions_ollama"] == 0
    # What it loaded does not keep it awake when an older client has it switched off.
    assert client.post("/shutdown")["success"] is True
    client.wait_until(phisical_on=False)


def test_twenty_claims_at_once_are_twenty_and_one_wake(place: Place, client: Client) -> None:
    assert client.get("/test")["equipo_online"] is False
    before = len(place.machine.wakings)
    gate, said = threading.Barrier(20), []

    def start() -> None:
        gate.wait(10)
        said.append(client.post("/arrancar")["success"])

    threads = [threading.Thread(target=start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert said == [True] * 20
    assert client.get("/status")["peticions_ollama"] == 20
    client.wait_until(logical_on=True, phisical_on=True)
    assert len(place.machine.wakings) == before + 1
    for left in range(19, 0, -1):
        assert client.post("/apagar")["mensaje"].endswith(f"Peticions Ollama: {left}")
    assert client.get("/test")["equipo_online"] is True
    assert client.post("/apagar")["mensaje"].startswith("The machine is put to sleep")
    client.wait_until(logical_on=False, phisical_on=False)
    assert not place.machine.is_on
    assert (place.box.folder / "order").read_text() == "-S -p  -- shutdown -h now"
    assert (place.box.folder / "password").read_text() == PASSWORD
    assert not any(PASSWORD in command for command in place.box.commands)


def test_models_are_listed_while_it_sleeps_and_deleted_when_it_is_awake(place: Place, client: Client) -> None:
    client.post("/arrancar")
    client.wait_until(logical_on=True)
    client.post("/ollama/pull", {"name": "tiny", "stream": False})
    wait_for(lambda: "tiny:latest" in [one["name"] for one in client.get("/lista_modelos")["models"]], 40)
    assert client.post("/ollama/delete", {"name": "tiny"})["success"] is True
    gone = ask(client.base, "POST", "/ollama/show", {"name": "tiny"}, client.headers)
    assert (gone.status, list(gone.json())) == (404, ["detail"])
    client.post("/shutdown")
    client.wait_until(phisical_on=False)
    wakings = len(place.machine.wakings)
    assert client.get("/lista_modelos")["success"] is True
    assert client.get("/debug")["config"]["IA_MAC"] == MAC
    assert len(place.machine.wakings) == wakings


def test_who_may_and_what_is_written_down(place: Place, client: Client) -> None:
    assert ask(client.base, "GET", "/").json()["status"] == "running"
    assert ask(client.base, "GET", "/status", headers={"X-API-Key": "invalid_key"}).status == 401
    other = Client(client.base, "ia-key-of-2024-b")
    other.post("/permanent_on_enable")
    assert client.get("/status")["permanent_on"] is True
    other.post("/permanent_on_disable")
    rows = audit.rows(place.collector.data, 200)
    assert {"gateway.machine.add", "gateway.arrancar", "gateway.permanent"} <= {row.entry.operation for row in rows}
    assert all(secret not in str(rows) for secret in (PASSWORD, KEY))
