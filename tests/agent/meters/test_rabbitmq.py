# The fixtures are what the management API of RabbitMQ 3.10.8 of Debian 12 answered.
import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.rabbitmq import (
    QUEUES_MAX,
    RabbitmqMeter,
    about,
    node_samples,
    overview_samples,
    parse_answer,
    queue_samples,
)
from wakeful_agent.runner import Runner
from wakeful_wire.names import METRICS

SAID = pathlib.Path(__file__).parents[2] / "fixtures/rabbitmq"
TEXTS = {name: (SAID / f"{name}.json").read_text() for name in ("overview", "nodes", "queues")}
OVERVIEW, NODES, QUEUES = (json.loads(text) for text in TEXTS.values())
LISTENING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: "
LISTENING += "0100007F:3D38 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0\n"


def values(found):
    return {(name, *labels.values()): value for name, labels, value in found}


def set_up(*targets, **options):
    meter = RabbitmqMeter()
    meter.configure({"targets": list(targets), **options})
    return meter


def read(meter, host=None):
    reading = meter.read(host or Host("/nowhere"), 0)
    for one in reading.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}, reading


@pytest.fixture
def api(answered):
    """Return a function that serves the API; what is given stands in the place of the captured answers."""

    def make(**other):
        pages = {**TEXTS, **other}

        def answer(asked):
            page = pages[asked.split(b"/api/")[1].partition(b" ")[0].partition(b"?")[0].decode()]
            status, body = (page, b"{}") if isinstance(page, int) else (200, page.encode())
            return b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)

        return answered(answer)

    return make


def test_the_whole_cluster():
    assert values(overview_samples(OVERVIEW)) == {
        ("rabbitmq.connections",): 0,
        ("rabbitmq.channels",): 0,
        ("rabbitmq.exchanges",): 14,
        ("rabbitmq.queues",): 3,
        ("rabbitmq.consumers",): 0,
        ("rabbitmq.messages", "ready"): 2,
        ("rabbitmq.messages", "unacknowledged"): 0,
        ("rabbitmq.messages.published",): 4,
        ("rabbitmq.messages.delivered",): 1,
        ("rabbitmq.messages.acknowledged",): 0,
        ("rabbitmq.messages.redelivered",): 0,
        ("rabbitmq.messages.dropped",): 0,
        ("rabbitmq.messages.returned",): 1,
        ("rabbitmq.connections.churn", "created"): 5,
        ("rabbitmq.connections.churn", "closed"): 5,
    }
    assert set(values(overview_samples({})).values()) == {None}


def test_nodes_and_their_alarms():
    found = values(node_samples(NODES))
    assert found["rabbitmq.node.up", "w@localhost"] == 1
    assert found["rabbitmq.node.uptime", "w@localhost"] == 7.239
    assert found["rabbitmq.node.mem_limit", "w@localhost"] == 1e9
    assert found["rabbitmq.node.mem_alarm", "w@localhost"] == 0
    assert found["rabbitmq.node.fd_used", "w@localhost"] == 36
    assert found["rabbitmq.node.partitions", "w@localhost"] == 0
    ill = [
        {**NODES[0], "mem_alarm": True, "disk_free_alarm": True, "partitions": ["x"]},
        {"name": "b", "running": False},
    ]
    found = values(node_samples(ill))
    assert found["rabbitmq.node.mem_alarm", "w@localhost"] == 1
    assert found["rabbitmq.node.partitions", "w@localhost"] == 1
    assert {key: value for key, value in found.items() if key[1] == "b"} == {("rabbitmq.node.up", "b"): 0}
    assert about(OVERVIEW, ill, 3) == {
        "version": "3.10.8",
        "cluster": "w@vm",
        "nodes": 2,
        "alarms": ["w@localhost: memory", "w@localhost: disk"],
        "queues_left_out": 3,
    }


def test_queues_in_the_order_of_their_names():
    found = queue_samples(QUEUES["items"])
    assert [labels["queue"] for name, labels, _ in found if name == "rabbitmq.consumer.count"] == [
        "<b>x",
        "empty",
        "orders",
    ]
    assert values(found)["rabbitmq.message.current", "ready", "shop", "orders"] == 2
    assert values(found)["rabbitmq.message.published", "shop", "orders"] == 3
    assert values(found)["rabbitmq.message.delivered", "shop", "orders"] == 1
    assert values(found)["rabbitmq.message.published", "/", "empty"] is None, "never counted is not 0"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*NODES[0], *OVERVIEW, "message_stats", "vhost", "name"]), JSON)
def test_answers_of_strange_types_raise_nothing(field, value):
    overview, node = {**OVERVIEW, field: value}, {**NODES[0], "running": True, field: value}
    queue = {**QUEUES["items"][0], field: value}
    about(overview, [node], 0)
    for _, labels, number in [*overview_samples(overview), *node_samples([node]), *queue_samples([queue])]:
        assert number is None or isinstance(number, float)
        assert all(isinstance(text, str) for text in labels.values())


@given(st.binary(max_size=50))
def test_no_json_is_malformed(body):
    try:
        parse_answer(body)
    except Malformed:
        return


def test_depth_without_end_is_malformed():
    with pytest.raises(Malformed):
        parse_answer(b"[" * 100_000)


def test_it_is_asked_with_a_login(api, tmp_path):
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "secret").chmod(0o600)
    end = api()
    meter = set_up(f"main=http://{end.address}/", f"bare={end.address}", user="wakeful", password_file="/secret")
    found, reading = read(meter, Host(str(tmp_path)))
    assert found["rabbitmq.up", "main"] == found["rabbitmq.up", "bare"] == 1
    assert found["rabbitmq.queues", "main"] == 3
    assert reading.inventories["rabbitmq"][0]["queues_left_out"] == 0
    assert all(b"Authorization: Basic d2FrZWZ1bDpzM2NyZXQ=\r\n" in asked for asked in end.asked)
    assert any(f"page_size={QUEUES_MAX}&".encode() in asked for asked in end.asked)


def test_queues_have_an_end(api):
    many = [{"name": f"q{one}", "vhost": "/", "consumers": 1} for one in range(QUEUES_MAX + 50)]
    found, reading = read(set_up(f"a=http://{api(queues=json.dumps({'items': many, 'total_count': 306})).address}"))
    assert len([key for key in found if key[0] == "rabbitmq.consumer.count"]) == QUEUES_MAX
    assert reading.inventories["rabbitmq"][0]["queues_left_out"] == 50


def test_servers_before_pages_answer_with_a_list(api):
    found, _ = read(set_up(f"a=http://{api(queues=json.dumps(QUEUES['items'])).address}"))
    assert found["rabbitmq.consumer.count", "orders", "a", "shop"] == 0


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_comes_with_the_commands_that_grant_it(api, status):
    meter = set_up(f"http://{api(overview=status).address}")
    result = Runner(Host("/nowhere"), [meter]).collect(0).results["rabbitmq"]
    assert result.outcome == "refused"
    assert isinstance(read(meter)[1].trouble, Denied)
    found = meter.probe(Host("/nowhere"))
    assert not found.available
    assert "rabbitmqctl set_user_tags wakeful monitoring" in found.fix


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"overview": 404}, "answers with status 404"),
        ({"nodes": 500}, "answers with status 500"),
        ({"overview": "<html>"}, "does not answer in JSON"),
        ({"overview": "[]"}, "tells of no server"),
    ],
)
def test_what_else_may_come(api, other, words):
    _, reading = read(set_up(f"http://{api(**other).address}"))
    assert isinstance(reading.trouble, HostError)
    assert words in reading.inventories["rabbitmq"][0]["error"]


def test_the_usual_place(made):
    with pytest.raises(NoData):
        RabbitmqMeter().read(made({}), 0)
    found = RabbitmqMeter().usual(made({"proc/net/tcp": LISTENING}))
    assert [target.address for target in found] == ["http://127.0.0.1:15672"]


def test_a_server_that_repeats_everything_gives_no_password_away(served, tmp_path):
    (tmp_path / "secret").write_text("hunter2secret\n")
    (tmp_path / "secret").chmod(0o600)

    def serve(channel):
        while asked := channel.recv(1000):
            channel.sendall(b"HTTP/1.1 401 " + asked + b"\r\nContent-Length: 0\r\n\r\n")

    meter = set_up(f"a=http://{served(serve).address}", user="wakeful", password_file="/secret", timeout_seconds=1.0)
    host = Host(str(tmp_path))
    reading = meter.read(host, 0)
    assert reading.inventories["rabbitmq"][0]["error"]
    assert "hunter2" not in str(reading)
    assert "hunter2" not in str(meter.probe(host))
