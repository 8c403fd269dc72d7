"""The real redis-server: over TCP, TLS and its socket, with a password and a user of few rights, and gone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.redis import RedisMeter
from wakeful_agent.runner import Runner

from .conftest import await_true, free_port, program
from .ground import ground, hand_over, lowered, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real


@pytest.fixture
def folder() -> Iterator[Path]:
    with ground() as made:
        for name, word in (("boss", "boss-word"), ("few", "few-word"), ("wrong", "no-word")):
            (made / name).write_text(word + "\n")
            (made / name).chmod(0o600)
        yield made


def certificate(folder: Path) -> None:
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run([program("openssl"), *command.split(), *names], check=True, capture_output=True)
    hand_over(folder / "key", folder / "cert")


def speak(port: int, *words: str) -> str:
    command = [program("redis-cli"), "-p", str(port), "--user", "default", "--pass", "boss-word", "--no-auth-warning"]
    return subprocess.run([*command, *words], check=True, capture_output=True, text=True).stdout.strip()


def set_up(**options: Any) -> RedisMeter:
    meter = RedisMeter()
    meter.configure(options)
    return meter


def test_a_real_server_at_every_door_and_gone(folder: Path) -> None:
    certificate(folder)
    port, tls_port = free_port(), free_port()
    options = (
        f"--port {port} --tls-port {tls_port} --bind 127.0.0.1 --unixsocket {folder}/s --unixsocketperm 777 --save"
    )
    tls = f"--tls-cert-file {folder}/cert --tls-key-file {folder}/key --tls-ca-cert-file {folder}/cert"
    more = f"--tls-auth-clients no --requirepass boss-word --dir {folder}"
    command = [program("redis-server"), *options.split(), "", *tls.split(), *more.split()]
    meter = set_up(
        targets=[
            f"tcp=127.0.0.1:{port}",
            f"socket=unix:{folder}/s",
            f"tls=tls://127.0.0.1:{tls_port}",
            f"few=127.0.0.1:{port} user=few password_file={folder}/few",
            f"wrong=127.0.0.1:{port} password_file={folder}/wrong",
        ],
        password_file=str(folder / "boss"),
        ca_file=str(folder / "cert"),
        commands=True,
    )
    with lowered(command, folder):
        await_true(lambda: (folder / "s").exists(), "redis's socket")
        speak(port, "ACL", "SETUSER", "few", "on", ">few-word", "+info")
        speak(port, "-n", "2", "SET", "key", "value")
        reading = meter.read(Host(), 0)
        found = values(reading)
        assert [found["redis.up", one] for one in ("tcp", "socket", "tls", "few", "wrong")] == [1, 1, 1, 1, None]
        for door in ("tcp", "socket", "tls", "few"):
            assert found["redis.db.keys", "2", door] == 1
            assert found["redis.cmd.calls", "set", door] == 1
            assert (found["redis.memory.used", door] or 0) > 500_000
        rows = {row["target"]: row for row in reading.inventories["redis"]}
        assert rows["few"]["version"].split(".")[0] in {"6", "7", "8"}
        assert rows["wrong"]["state"] == "refused"
        assert rows["wrong"]["error"] == "the server does not take user and password"
        assert not [word for word in ("boss-word", "few-word", "no-word") if word in str(reading)]
    gone = values(meter.read(Host(), 1))
    assert gone["redis.up", "tcp"] == 0
    assert gone["redis.memory.used", "tcp"] is None


def test_without_its_password_it_refuses_and_says_what_helps(folder: Path) -> None:
    port = free_port()
    command = [program("redis-server"), "--port", str(port), "--requirepass", "x", "--dir", str(folder), "--save", ""]
    with lowered(command, folder):
        meter = set_up(targets=[f"127.0.0.1:{port}"])
        runner = Runner(Host(), [meter])
        result = await_true(
            lambda: [one for one in [runner.collect(0).results["redis"]] if one.outcome == "refused"], "a refusal"
        )[0]
        assert "NOAUTH" in result.error
        [capability] = runner.probe()
        assert not capability.available
        assert "ACL SETUSER" in capability.fix
        runner.close()


def test_a_server_that_knows_no_login_repeats_the_password_in_vain(folder: Path) -> None:
    port = free_port()
    options = ["--port", str(port), "--dir", str(folder), "--save", "", "--rename-command", "AUTH", ""]
    with lowered([program("redis-server"), *options], folder):
        meter = set_up(targets=[f"a=127.0.0.1:{port}"], password_file=str(folder / "boss"))
        reading = await_true(
            lambda: [one for one in [meter.read(Host(), 0)] if "AUTH" in one.inventories["redis"][0]["error"]],
            "the server's objection",
        )[0]
        assert "boss-word" not in str(reading)
        assert "boss-word" not in str(meter.probe(Host()))
