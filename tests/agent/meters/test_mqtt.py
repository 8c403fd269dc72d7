# The fixture is what mosquitto 2.0.11 of Debian 12 published below $SYS: topic, tab, payload.
import pathlib
import time

import pytest

from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.mqtt import TOPICS_MAX, Heard, MqttMeter, samples
from wakeful_agent.network.mqtt import Message, packet
from wakeful_agent.runner import Runner
from wakeful_wire.names import METRICS

LINES = (pathlib.Path(__file__).parents[2] / "fixtures/mosquitto/sys.txt").read_text().splitlines()
SYS = [line.split("\t", 1) for line in LINES]
WELCOME, PONG = b"\x20\x02\x00\x00", b"\xd0\x00"
LISTENING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: "
LISTENING += "0100007F:075B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0\n"


def publish(topic, payload, retained=False):
    name = topic.encode()
    return packet(3, int(retained), len(name).to_bytes(2, "big") + name + payload.encode())


def broker(pings, greeting=WELCOME, granted=None):
    """Serve sessions; each question of the n-th reading of all sessions is answered with the n-th of `pings`."""
    left = iter(pings)

    def serve(channel):
        channel.recv(65_536)
        channel.sendall(greeting)
        asked = channel.recv(65_536)
        topics = asked.count(b"\0\0") + 1
        channel.sendall(packet(9, 0, b"\0\1" + (granted or b"\0" * topics)))
        while channel.recv(100):
            said = next(left, None)
            if said is None:
                return
            channel.sendall(said + PONG)

    return serve


def set_up(*targets, **options):
    meter = MqttMeter()
    meter.configure({"targets": list(targets), **options})
    return meter


@pytest.fixture
def at(made):
    """Return a function that gives the machine at so many seconds after its start."""
    return lambda seconds: made({"proc/uptime": f"{seconds:.2f} 0.00\n"})


def read(meter, host):
    reading = meter.read(host, 0)
    for one in reading.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}, reading


@pytest.fixture
def ended():
    """Return a list of meters whose sessions are ended with the test."""
    meters = []
    yield meters
    for meter in meters:
        meter.configure({})


def test_what_a_broker_says_of_itself():
    heard = Heard([], 0)
    for topic, payload in SYS:
        heard.hear(Message(topic, payload.encode(), True))
    heard.hear(Message("$SYS/broker/load/messages/sent/1min", b"5", True))
    found = {(name, *labels.values()): value for name, labels, value in samples(heard.said)}
    assert found["mqtt.uptime",] == 0
    assert found["mqtt.clients", "connected"] == 0
    assert found["mqtt.clients", "disconnected"] == 0
    assert found["mqtt.retained",] == 40
    assert found["mqtt.memory.usage",] == 33_272
    assert found["mqtt.packets", "received"] == 0
    assert heard.said["broker/version"] == "mosquitto version 2.0.11"
    assert len(heard.said) <= 17, "nothing else is kept"


def test_payloads_that_are_no_numbers():
    found = {name: value for name, _, value in samples({"broker/uptime": "12 seconds", "broker/heap/current": "<b>"})}
    assert found["mqtt.uptime"] == 12
    assert found["mqtt.memory.usage"] is None
    assert found["mqtt.subscriptions"] is None


def test_age_and_count_of_topics(served, at, ended):
    version = publish("$SYS/broker/version", "mosquitto version 2.0.11", True)
    end = served(
        broker(
            [
                version + publish("home/old", "1", True),
                publish("home/a", "1") + publish("home/b", "2") + publish("door", "3"),
                b"",
            ]
        )
    )
    meter = set_up(f"main={end.address}", topics=["home/+", "door", "home/+", "bad/#/filter", "never"])
    ended.append(meter)
    first, reading = read(meter, at(100))
    assert reading.inventories["mqtt"][0]["version"] == "mosquitto version 2.0.11"
    assert first["mqtt.topic.age", "main", "home/+"] == 0
    assert first["mqtt.topic.messages", "main", "home/+"] == 0, "what was retained is not new"
    second, _ = read(meter, at(160))
    assert second["mqtt.topic.age", "main", "home/+"] == 0
    assert second["mqtt.topic.messages", "main", "home/+"] == 2
    assert second["mqtt.topic.age", "main", "never"] == 60
    third, _ = read(meter, at(190))
    assert third["mqtt.topic.age", "main", "home/+"] == 30
    assert third["mqtt.topic.age", "main", "door"] == 30
    assert third["mqtt.topic.messages", "main", "door"] == 1
    assert third["mqtt.topic.age", "main", "never"] == 90
    assert not [key for key in third if "bad/#/filter" in key]


def test_a_broker_that_was_restarted_is_met_again_at_once(served, at, ended):
    end = served(broker([b"", publish("a", "1"), None, publish("a", "1")]))
    meter = set_up(f"main={end.address}", topics=["a"])
    ended.append(meter)
    counts = [read(meter, at(100 + number))[0]["mqtt.topic.messages", "main", "a"] for number in range(3)]
    assert counts == [0, 1, 2]


def test_figures_of_a_session_that_ended_are_not_told_as_those_of_the_next(served, at, ended):
    said = publish("$SYS/broker/uptime", "900 seconds", True) + publish("$SYS/broker/clients/connected", "4", True)
    end = served(broker([said, None, publish("$SYS/broker/uptime", "3 seconds", True)]))
    meter = set_up(f"main={end.address}")
    ended.append(meter)
    first, second = (read(meter, at(100 + number))[0] for number in range(2))
    assert (first["mqtt.uptime", "main"], first["mqtt.clients", "connected", "main"]) == (900, 4)
    assert (second["mqtt.uptime", "main"], second["mqtt.clients", "connected", "main"]) == (3, None)


def test_topics_have_an_end(served, at, ended):
    meter = set_up(f"main={served(broker([b''])).address}", topics=[f"t{one}" for one in range(TOPICS_MAX + 5)])
    ended.append(meter)
    found, _ = read(meter, at(1))
    assert len([key for key in found if key[0] == "mqtt.topic.age"]) == TOPICS_MAX


def test_what_is_not_granted_is_told(served, at, ended):
    meter = set_up(served(broker([b""], granted=b"\x80")).address)
    ended.append(meter)
    assert read(meter, at(1))[1].inventories["mqtt"][0]["topics_refused"] == ["$SYS/#"]
    assert meter.probe(at(1)).reason.endswith("the broker does not grant $SYS/#")


def test_a_refusal_comes_with_the_commands_that_grant_it(served, at):
    meter = set_up(served(broker([], b"\x20\x02\x00\x05")).address)
    host = at(1)
    assert Runner(host, [meter]).collect(0).results["mqtt"].outcome == "refused"
    assert isinstance(read(meter, host)[1].trouble, Denied)
    found = meter.probe(host)
    assert not found.available
    assert "mosquitto_passwd" in found.fix
    assert "topic read $SYS/#" in found.fix


def test_new_options_end_the_sessions_there_were(served, at):
    gone = []

    def serve(channel):
        broker([b""])(channel)
        gone.append(True)

    meter = set_up(served(serve).address)
    read(meter, at(1))
    assert not gone
    meter.configure({})
    until = time.monotonic() + 5
    while not gone and time.monotonic() < until:
        time.sleep(0.01)
    assert gone


def test_nobody_there(at):
    _, reading = read(set_up("127.0.0.1:1"), at(1))
    assert isinstance(reading.trouble, HostError)
    with pytest.raises(NoData):
        MqttMeter().read(Host("/nowhere"), 0)


def test_the_usual_place(made):
    assert [target.address for target in MqttMeter().usual(made({"proc/net/tcp": LISTENING}))] == ["127.0.0.1:1883"]
