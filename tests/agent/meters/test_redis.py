# The fixtures are what Redis 7.0.15 of Debian 12 said: a primary with one replica, the replica, and INFO commandstats.
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.redis import (
    COMMANDS_MAX,
    DATABASES_MAX,
    RedisMeter,
    about,
    command_samples,
    parse_info,
    samples,
)
from wakeful_agent.runner import Runner
from wakeful_wire.names import METRICS

SAID = pathlib.Path(__file__).parents[2] / "fixtures/redis"
PRIMARY, REPLICA, COMMANDS = ((SAID / f"{name}.txt").read_text() for name in ("primary", "replica", "commandstats"))
LISTENING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: "
LISTENING += "0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0\n"


def values(found):
    return {(name, *labels.values()): value for name, labels, value in found}


def of(text):
    return values(samples(parse_info(text)))


def speaking(replies):
    """Answer each command by the first of `replies` whose words it holds."""

    def serve(channel):
        while asked := channel.recv(65_536):
            channel.sendall(next((answer for words, answer in replies.items() if words in asked), b"-ERR unknown\r\n"))

    return serve


def bulk(text):
    content = text.replace("\n", "\r\n").encode()
    return b"$%d\r\n%s\r\n" % (len(content), content)


def set_up(*targets, **options):
    meter = RedisMeter()
    meter.configure({"targets": list(targets), **options})
    return meter


def read(meter, host=None):
    reading = meter.read(host or Host("/nowhere"), 0)
    for one in reading.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}, reading


def test_a_primary_with_a_replica():
    found = of(PRIMARY)
    assert found["redis.uptime",] == 6
    assert found["redis.clients.connected",] == 1
    assert found["redis.clients.limit",] == 10_000
    assert found["redis.memory.used",] == 1_109_016
    assert found["redis.maxmemory",] == 64 * 1024 * 1024
    assert found["redis.keyspace.misses",] == 1
    assert found["redis.errors",] == 1
    assert found["redis.latest_fork",] == pytest.approx(0.000664)
    assert found["redis.rdb.last_save.ok",] == 1
    assert found["redis.cpu.time", "sys_main_thread"] == 0.01355
    assert [found["redis.role", role] for role in ("primary", "replica", "sentinel")] == [1, 0, 0]
    assert found["redis.slaves.connected",] == 1
    assert found["redis.replication.replica.delay",] == 0
    assert {key: value for key, value in found.items() if key[0].startswith("redis.db.")} == {
        ("redis.db.keys", "0"): 4,
        ("redis.db.expires", "0"): 1,
        ("redis.db.avg_ttl", "0"): pytest.approx(97.959),
        ("redis.db.keys", "3"): 1,
        ("redis.db.expires", "3"): 0,
        ("redis.db.avg_ttl", "3"): 0,
    }
    assert ("redis.replication.link.up",) not in found
    assert about(parse_info(PRIMARY)) == {
        "server": "redis",
        "version": "7.0.15",
        "mode": "standalone",
        "role": "primary",
        "maxmemory_policy": "noeviction",
    }


def test_a_replica_knows_how_its_link_is():
    found = of(REPLICA)
    assert found["redis.role", "replica"] == 1
    assert found["redis.replication.link.up",] == 1
    assert found["redis.replication.link.idle",] == 1
    assert found["redis.replication.offset",] == 214
    cut = REPLICA.replace("link_status:up", "link_status:down").replace("seconds_ago:1", "seconds_ago:-1")
    assert of(cut)["redis.replication.link.up",] == 0
    assert of(cut)["redis.replication.link.idle",] is None


def test_the_slowest_replica_counts():
    behind = PRIMARY.replace("offset=214,lag=0", "offset=200,lag=0\nslave1:ip=::1,port=1,state=online,offset=4,lag=9")
    assert of(behind)["redis.replication.replica.delay",] == 210
    assert ("redis.replication.replica.delay",) not in of(PRIMARY.replace("offset=214", "offset=?"))


def test_other_servers_of_the_kind():
    valkey = parse_info(PRIMARY + "server_name:valkey\nvalkey_version:8.0.1\n")
    assert (about(valkey)["server"], about(valkey)["version"]) == ("valkey", "8.0.1")
    sentinel = parse_info("redis_version:7.0.15\nredis_mode:sentinel\nuptime_in_seconds:5\n")
    assert values(samples(sentinel))["redis.role", "sentinel"] == 1
    assert about(sentinel)["role"] == "sentinel"


def test_commands_called_most():
    info = dict(line.split(":", 1) for line in COMMANDS.splitlines() if ":" in line)
    found = values(command_samples(info))
    assert found["redis.cmd.calls", "set"] == 5
    assert found["redis.cmd.time", "info"] == pytest.approx(94e-6)
    many = {f"cmdstat_c{number}": f"calls={number},usec=1" for number in range(COMMANDS_MAX + 10)}
    kept = {key[1] for key in values(command_samples(many))}
    assert len(kept) == COMMANDS_MAX
    assert "c9" not in kept
    assert "c10" in kept


def test_databases_have_an_end():
    info = parse_info(
        "redis_version:1\n" + "".join(f"db{one}:keys=1\n" for one in range(DATABASES_MAX * 2)) + "dbx:1\n"
    )
    assert len([key for key in values(samples(info)) if key[0] == "redis.db.keys"]) == DATABASES_MAX


@pytest.mark.parametrize("text", ["", "# Server\r\n", "hello: world\n", "<html>"])
def test_no_answer_to_info(text):
    with pytest.raises(Malformed):
        parse_info(text)


@given(st.integers(0, 4800), st.text(max_size=12), st.integers(0, 60))
def test_garbage_in_the_answer_raises_only_our_own(position, inserted, removed):
    try:
        info = parse_info(PRIMARY[:position] + inserted + PRIMARY[position + removed :])
    except Malformed:
        return
    for _, _, value in samples(info):
        assert value is None or isinstance(value, float)


@pytest.mark.parametrize("kind", ["tcp", "unix", "tls"])
def test_it_is_asked_over_every_kind_of_door(served, certificate, kind):
    end = served(speaking({b"commandstats": bulk(COMMANDS), b"INFO": bulk(PRIMARY)}), kind)
    address = f"tls://{end.address}" if kind == "tls" else end.address
    meter = set_up(f"main={address}", commands=True, ca_file=str(certificate / "cert.pem"))
    found, reading = read(meter)
    assert found["redis.up", "main"] == 1
    assert found["redis.cmd.calls", "set", "main"] == 5
    assert reading.inventories["redis"][0]["version"] == "7.0.15"
    assert reading.trouble is None


def test_a_replica_is_asked_too(served):
    found, _ = read(set_up(f"a={served(speaking({b'INFO': bulk(REPLICA)})).address}"))
    assert found["redis.replication.link.up", "a"] == 1
    assert found["redis.role", "replica", "a"] == 1


def test_one_that_wants_a_login_gets_it(served, tmp_path):
    asked = []

    def serve(channel):
        while content := channel.recv(1000):
            asked.append(content)
            channel.sendall(b"+OK\r\n" if b"AUTH" in content else bulk(PRIMARY))

    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "secret").chmod(0o600)
    meter = set_up(served(serve).address, user="wakeful", password_file="/secret")
    read(meter, Host(str(tmp_path)))
    assert b"wakeful" in asked[0]
    assert b"s3cret" in asked[0]


def test_one_that_refuses_says_how_to_be_let_in(served):
    meter = set_up(served(speaking({b"INFO": b"-NOAUTH Authentication required.\r\n"})).address)
    result = Runner(Host("/nowhere"), [meter]).collect(0).results["redis"]
    assert result.outcome == "refused"
    assert "NOAUTH" in result.error
    assert [(one.name, value) for one, value in zip(result.series, result.values)] == [("redis.up", None)]
    found = meter.probe(Host("/nowhere"))
    assert not found.available
    assert "ACL SETUSER wakeful" in found.fix
    assert "+info" in found.fix
    assert isinstance(meter.read(Host("/nowhere"), 0).trouble, Denied)


def test_a_dead_one_costs_only_itself(served):
    good = served(speaking({b"INFO": bulk(PRIMARY)})).address
    web = served(lambda channel: channel.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")).address
    found, reading = read(set_up(f"good={good}", f"web={web}", "dead=127.0.0.1:1", "odd=unix:relative"))
    assert [found["redis.up", name] for name in ("good", "web", "dead", "odd")] == [1, 0, 0, 0]
    assert found["redis.clients.connected", "good"] == 1
    rows = {row["target"]: row["error"] for row in reading.inventories["redis"]}
    assert "does not speak redis' protocol" in rows["web"]
    assert rows["dead"] == "nothing listens at 127.0.0.1:1"


def test_the_usual_places(made, tmp_path):
    meter = RedisMeter()
    with pytest.raises(NoData):
        meter.read(made({}), 0)
    host = made({"proc/net/tcp": LISTENING, "run/redis/redis-server.sock": ""})
    assert [target.address for target in meter.usual(host)] == [
        "127.0.0.1:6379",
        f"unix:{tmp_path}/run/redis/redis-server.sock",
    ]


def test_it_is_found_by_itself_on_its_socket(served, tmp_path, made):
    import os

    end = served(speaking({b"INFO": bulk(PRIMARY)}), "unix")
    (tmp_path / "run/redis").mkdir(parents=True)
    os.symlink(end.address[len("unix:") :], tmp_path / "run/redis/redis-server.sock")
    found, _ = read(RedisMeter(), made({}))
    assert found["redis.up", f"{tmp_path}/run/redis/redis-server.sock"] == 1


def test_who_never_ends_is_left(served):
    def flood(channel):
        channel.sendall(b"$4000000\r\n")
        while True:
            channel.sendall(b"x" * 65_536)

    meter = set_up(served(flood).address, timeout_seconds=2.0)
    _, reading = read(meter)
    assert isinstance(reading.trouble, HostError)


def test_a_server_that_repeats_everything_gives_no_password_away(served, tmp_path):
    (tmp_path / "secret").write_text("hunter2secret\n")
    (tmp_path / "secret").chmod(0o600)

    def serve(channel):
        while asked := channel.recv(1000):
            channel.sendall(b"-ERR " + asked.replace(b"\r\n", b" ") + b"\r\n")

    meter = set_up(f"a={served(serve).address}", user="wakeful", password_file="/secret", timeout_seconds=1.0)
    host = Host(str(tmp_path))
    reading = meter.read(host, 0)
    assert reading.inventories["redis"][0]["error"]
    assert "hunter2" not in str(reading)
    assert "hunter2" not in str(meter.probe(host))
