# The fixture is what memcached 1.6.18 of Debian 12 said.
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters.memcached import MemcachedMeter, parse_stats, samples
from wakeful_wire.names import METRICS

STATS = (pathlib.Path(__file__).parents[2] / "fixtures/memcached/stats.txt").read_text()
ANSWER = STATS.replace("\n", "\r\n").encode()
LISTENING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: "
LISTENING += "00000000:2BCB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0\n"


def values(text):
    return {(name, *labels.values()): value for name, labels, value in samples(parse_stats(text))}


def set_up(*targets, **options):
    meter = MemcachedMeter()
    meter.configure({"targets": list(targets), **options})
    return meter


def read(meter, host=None):
    reading = meter.read(host or Host("/nowhere"), 0)
    for one in reading.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}, reading


def test_what_a_server_says():
    found = values(STATS)
    assert found["memcached.uptime",] == 8
    assert found["memcached.limit",] == 64 * 1024 * 1024
    assert found["memcached.bytes",] == 61
    assert found["memcached.current_items",] == 1
    assert found["memcached.connections.limit",] == 1024
    assert found["memcached.commands", "get"] == 2
    assert found["memcached.operations", "get", "hit"] == 1
    assert found["memcached.operations", "increment", "miss"] == 1
    assert found["memcached.network", "received"] == 53
    assert found["memcached.cpu.usage", "system"] == 0.010144
    assert found["memcached.connections.rejected",] == 0
    assert None not in found.values()


def test_an_old_server_says_less_and_garbage_is_no_value():
    found = values("STAT uptime 5\nSTAT version 1.4.15\nSTAT threads many\nSTAT listen_disabled_num 3\nEND\n")
    assert found == {
        ("memcached.uptime",): 5,
        ("memcached.threads",): None,
        ("memcached.connections.rejected",): 3,
    }
    assert ("memcached.connections.rejected",) not in values("STAT uptime 5")


@pytest.mark.parametrize("text", ["", "END", "ERROR", "STAT", "STAT uptime", "stat uptime 1"])
def test_no_answer_to_stats(text):
    with pytest.raises(Malformed):
        parse_stats(text)


@given(st.integers(0, 2100), st.text(max_size=12), st.integers(0, 60))
def test_garbage_in_the_answer_raises_only_our_own(position, inserted, removed):
    try:
        found = samples(parse_stats(STATS[:position] + inserted + STATS[position + removed :]))
    except Malformed:
        return
    assert all(value is None or isinstance(value, float) for _, _, value in found)


@pytest.mark.parametrize("kind", ["tcp", "unix", "tls"])
def test_it_is_asked_over_every_kind_of_door(answered, certificate, kind):
    end = answered(ANSWER, kind)
    address = f"tls://{end.address}" if kind == "tls" else end.address
    found, reading = read(set_up(f"main={address}", ca_file=str(certificate / "cert.pem")))
    assert end.asked == [b"stats\r\n"]
    assert found["memcached.up", "main"] == 1
    assert reading.inventories["memcached"] == [{"target": "main", "state": "up", "error": "", "version": "1.6.18"}]


def logging_in(taken):
    """Serve those alone who have stored `taken`."""

    def serve(channel):
        known = False
        while asked := channel.recv(1000):
            if asked.startswith(b"set "):
                known = asked == taken
                channel.sendall(b"STORED\r\n" if known else b"CLIENT_ERROR authentication failure\r\n")
            else:
                channel.sendall(ANSWER if known else b"CLIENT_ERROR unauthenticated\r\n")

    return serve


def test_a_login_is_stored_under_any_key(served, tmp_path):
    (tmp_path / "secret").write_text("s3cret word\n")
    (tmp_path / "secret").chmod(0o600)
    host = Host(str(tmp_path))
    end = served(logging_in(b"set wakeful 0 0 19\r\nwakeful s3cret word\r\n"))
    assert read(set_up(f"a={end.address}", user="wakeful", password_file="/secret"), host)[0]["memcached.up", "a"] == 1
    _, reading = read(set_up(f"a={end.address}", user="other", password_file="/secret"), host)
    assert isinstance(reading.trouble, Denied)
    assert "s3cret" not in str(reading)


def test_a_server_that_wants_no_login_is_told_no_password(served, tmp_path):
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "secret").chmod(0o600)
    asked = []

    def serve(channel):
        while content := channel.recv(1000):
            asked.append(content)
            channel.sendall(ANSWER)

    meter = set_up(f"a={served(serve).address}", user="wakeful", password_file="/secret")
    assert read(meter, Host(str(tmp_path)))[0]["memcached.up", "a"] == 1
    assert asked == [b"stats\r\n"], "it would keep the password as an item that everybody can read"


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (b"CLIENT_ERROR unauthenticated\r\n", Denied, "wants a user and password"),
        (b"ERROR\r\n", HostError, "ERROR"),
        (b"SERVER_ERROR out of memory\r\n", HostError, "out of memory"),
        (b"HTTP/1.1 400 Bad Request\r\n", HostError, "HTTP/1.1"),
        (b"END\r\n", HostError, "tells of no server"),
        (b"STAT uptime 5\r\nSTAT ver", HostError, "closed the connection"),
        (b"STAT a 1\r\n" * 2001, HostError, "more than 2000 lines"),
        (b"\xff" * 70_000, HostError, "more than 65536 bytes"),
    ],
)
def test_what_else_it_may_say(answered, answer, error, words):
    _, reading = read(set_up(answered(answer).address))
    assert isinstance(reading.trouble, error)
    assert words in reading.inventories["memcached"][0]["error"]


def test_the_usual_places(made, tmp_path):
    assert MemcachedMeter().usual(made({})) == []
    host = made({"proc/net/tcp": LISTENING, "run/memcached/memcached.sock": ""})
    assert [target.address for target in MemcachedMeter().usual(host)] == [
        "127.0.0.1:11211",
        f"unix:{tmp_path}/run/memcached/memcached.sock",
    ]


def test_a_server_that_repeats_everything_gives_no_password_away(served, tmp_path):
    (tmp_path / "secret").write_text("hunter2secret\n")
    (tmp_path / "secret").chmod(0o600)

    def serve(channel):
        while asked := channel.recv(1000):
            channel.sendall(b"CLIENT_ERROR unauthenticated " + asked.replace(b"\r\n", b" ") + b"\r\n")

    meter = set_up(f"a={served(serve).address}", user="wakeful", password_file="/secret", timeout_seconds=1.0)
    host = Host(str(tmp_path))
    reading = meter.read(host, 0)
    assert reading.inventories["memcached"][0]["error"]
    assert "hunter2" not in str(reading)
    assert "hunter2" not in str(meter.probe(host))
