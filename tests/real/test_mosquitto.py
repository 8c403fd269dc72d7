"""The real mosquitto: its own figures, topics that are watched, a login that is refused, a restart between readings."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.mqtt import MqttMeter
from wakeful_agent.runner import Runner

from .conftest import await_true, free_port, program
from .ground import ground, hand_over, lowered, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

CONFIGURATION = """listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/logins
acl_file {folder}/rights
sys_interval 1
"""
RIGHTS = (
    "user wakeful\ntopic read $SYS/#\ntopic read home/#\nuser boss\ntopic readwrite home/#\ntopic readwrite other/#\n"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    with ground() as made:
        (made / "rights").write_text(RIGHTS)
        for user in ("wakeful", "boss"):
            create = [] if (made / "logins").exists() else ["-c"]
            command = [program("mosquitto_passwd"), "-b", *create, str(made / "logins"), user, f"{user}-word"]
            subprocess.run(command, check=True, capture_output=True)
        (made / "word").write_text("wakeful-word\n")
        (made / "word").chmod(0o600)
        hand_over(made / "rights", made / "logins")
        yield made


def publish(port: int, topic: str, *words: str) -> None:
    login = ["-p", str(port), "-u", "boss", "-P", "boss-word"]
    subprocess.run([program("mosquitto_pub"), *login, "-t", topic, "-m", "1", *words], check=True, timeout=10)


def command(folder: Path, port: int) -> list[str]:
    (folder / "configuration").write_text(CONFIGURATION.format(port=port, folder=folder))
    return [program("mosquitto"), "-c", str(folder / "configuration")]


def set_up(**options: Any) -> MqttMeter:
    meter = MqttMeter()
    meter.configure(options)
    return meter


def test_a_real_broker_and_its_restart(folder: Path) -> None:
    port, host = free_port(), Host()
    meter = set_up(
        targets=[f"a=127.0.0.1:{port}"],
        topics=["home/+", "home/never"],
        user="wakeful",
        password_file=str(folder / "word"),
    )
    with lowered(command(folder, port), folder):
        await_true(lambda: values(meter.read(host, 0)).get(("mqtt.clients", "connected", "a")), "the broker's figures")
        publish(port, "home/kept", "-r")
        publish(port, "home/a")
        publish(port, "other/a")
        found = values(await_true(lambda: counted(meter, host, 2), "both messages"))
        assert (found["mqtt.topic.age", "a", "home/+"] or 0) < 60
        assert found["mqtt.topic.messages", "a", "home/never"] == 0
        assert (found["mqtt.memory.usage", "a"] or 0) > 1000
        assert (found["mqtt.packets", "received", "a"] or 0) > 1
        assert meter.read(host, 1).inventories["mqtt"][0]["version"].startswith("mosquitto version 2")
    assert values(meter.read(host, 2))["mqtt.up", "a"] == 0
    with lowered(command(folder, port), folder):
        await_true(lambda: values(meter.read(host, 3))["mqtt.up", "a"], "the broker again")
        publish(port, "home/a")
        await_true(lambda: counted(meter, host, 3), "the message after the restart")
    meter.configure({})


def counted(meter: MqttMeter, host: Host, count: int) -> Any:
    """Return the reading, if so many messages were heard so far."""
    reading = meter.read(host, 0)
    return reading if values(reading).get(("mqtt.topic.messages", "a", "home/+")) == count else None


def test_without_a_login_it_refuses_and_says_what_helps(folder: Path) -> None:
    port = free_port()
    with lowered(command(folder, port), folder):
        runner = Runner(Host(), [set_up(targets=[f"127.0.0.1:{port}"])])
        await_true(lambda: runner.collect(0).results["mqtt"].outcome == "refused", "a refusal")
        [capability] = runner.probe()
        assert not capability.available
        assert "mosquitto_passwd" in capability.fix
        runner.close()
