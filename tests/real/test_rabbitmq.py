"""The real RabbitMQ with its management API: queues, nodes, users of too few rights, and an end. One start for all."""

from __future__ import annotations

import base64
import glob
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.rabbitmq import RabbitmqMeter
from wakeful_agent.runner import Runner

from .conftest import await_true, free_port, program
from .ground import ground, hand_over, lowered, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

CONFIGURATION = """listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {port}
default_user = boss
default_pass = boss-word
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 1MB
collect_statistics_interval = 1000
"""


class Broker:
    """A broker of its own on free ports; `say` asks its API as the first user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.names = free_port(), free_port()
        ports = {"amqp": free_port(), "port": self.port}
        (folder / "rabbitmq.conf").write_text(CONFIGURATION.format(**ports))
        (folder / "plugins").write_text("[rabbitmq_management].\n")
        for name in ("wakeful", "plain"):
            (folder / name).write_text(f"{name}-word\n")
            (folder / name).chmod(0o600)
        hand_over(folder / "plugins", folder / "rabbitmq.conf")

    @property
    def environment(self) -> dict[str, str]:
        places = {name: str(self.folder) for name in ("RABBITMQ_MNESIA_BASE", "RABBITMQ_LOG_BASE")}
        return {
            **places,
            "RABBITMQ_NODENAME": "wf@localhost",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2",
            "ERL_EPMD_PORT": str(self.names),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def say(self, method: str, path: str, **content: Any) -> Any:
        login = base64.b64encode(b"boss:boss-word").decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.port}/api/{path}"
        request = urllib.request.Request(url, json.dumps(content).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else True

    def ready(self) -> bool:
        try:
            return bool(self.say("PUT", "vhosts/shop"))
        except urllib.error.HTTPError:  # the door is open before the house is ready
            return False


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    # The script itself: the one in PATH insists on root or on a user of its own.
    scripts = glob.glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server")
    script = scripts[0] if scripts else program("rabbitmq-server")
    names = glob.glob("/usr/lib/erlang/erts-*/bin/epmd") or [program("epmd")]
    with ground() as folder:
        made = Broker(folder)
        # Names of nodes are kept by a daemon of ours: rabbitmq would leave one behind that outlives the test.
        keeper = [names[0], "-port", str(made.names), "-address", "127.0.0.1"]
        with lowered(keeper, folder), lowered([script], folder, made.environment):
            try:
                await_true(made.ready, "rabbitmq")
            except BaseException:
                print((folder / "daemon.log").read_text())
                raise
            yield made


def set_up(*targets: str, **options: Any) -> RabbitmqMeter:
    meter = RabbitmqMeter()
    meter.configure({"targets": list(targets), **options})
    return meter


def test_queues_nodes_and_users_of_too_few_rights(broker: Broker) -> None:
    broker.say("PUT", "permissions/shop/boss", configure=".*", write=".*", read=".*")
    broker.say("PUT", "users/wakeful", password="wakeful-word", tags="monitoring")
    broker.say("PUT", "permissions/shop/wakeful", configure="^$", write="^$", read="^$")
    broker.say("PUT", "users/plain", password="plain-word", tags="")
    broker.say("PUT", "queues/shop/orders")
    broker.say("PUT", "queues/shop/%3Cb%3E%22")
    for _ in range(3):
        told = {"properties": {}, "routing_key": "orders", "payload": "x", "payload_encoding": "string"}
        broker.say("POST", "exchanges/shop/amq.default/publish", **told)
    url = f"http://127.0.0.1:{broker.port}"
    meter = set_up(
        f"all={url} user=wakeful password_file={broker.folder}/wakeful",
        f"plain={url} user=plain password_file={broker.folder}/plain",
        f"nobody={url}",
    )
    reading = await_true(lambda: counted(meter), "three messages in the figures")
    found = values(reading)
    assert [found["rabbitmq.up", one] for one in ("all", "plain", "nobody")] == [1, None, None]
    assert found["rabbitmq.message.published", "orders", "all", "shop"] == 3
    assert found["rabbitmq.message.current", '<b>"', "ready", "all", "shop"] == 0
    assert found["rabbitmq.queues", "all"] == 2
    assert found["rabbitmq.node.up", "wf@localhost", "all"] == 1
    assert found["rabbitmq.node.mem_alarm", "wf@localhost", "all"] == 0
    assert (found["rabbitmq.node.mem_used", "wf@localhost", "all"] or 0) > 10_000_000
    rows = {row["target"]: row for row in reading.inventories["rabbitmq"]}
    assert rows["all"]["version"].split(".")[0] in {"3", "4"}
    assert rows["all"]["alarms"] == []
    assert rows["plain"]["state"] == rows["nobody"]["state"] == "refused"
    assert "-word" not in str(reading)


def counted(meter: RabbitmqMeter) -> Any:
    reading = meter.read(Host(), 0)
    found = values(reading)
    there = found.get(("rabbitmq.message.current", "orders", "ready", "all", "shop")) == 3
    return reading if there and found.get(("rabbitmq.message.published", "orders", "all", "shop")) == 3 else None


def test_a_user_without_the_tag_is_refused_with_the_commands_that_help(broker: Broker) -> None:
    runner = Runner(Host(), [set_up(f"http://127.0.0.1:{broker.port}", user="nobody")])
    assert runner.collect(0).results["rabbitmq"].outcome == "refused"
    [capability] = runner.probe()
    assert not capability.available
    assert "set_user_tags wakeful monitoring" in capability.fix
    runner.close()
