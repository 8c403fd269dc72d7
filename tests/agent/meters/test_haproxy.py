# The fixtures are what HAProxy 2.6.12 of Debian 12 wrote.
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters.haproxy import ROWS_MAX, HaproxyMeter, parse_info, parse_stat, samples_of, taken_out

PAGES = pathlib.Path(__file__).parents[2] / "fixtures/haproxy"
STAT, INFO = (PAGES / "show_stat.txt").read_text(), (PAGES / "show_info.txt").read_text()
HEAD = "# pxname,svname,type,status,scur,qtime,\n"


def values(text):
    return {(name, *labels.values()): value for name, labels, value in samples_of(parse_stat(text))[0]}


def test_frontends_backends_and_servers():
    found = values(STAT)
    assert found["haproxy.status", "web", "FRONTEND"] == 1
    assert found["haproxy.status", "app", "a"] == 1
    assert found["haproxy.status", "app", "b"] == 0
    assert found["haproxy.status", "app", "BACKEND"] == 1
    assert found["haproxy.status", "tcp1", "x"] is None, "nobody checks it"
    assert found["haproxy.sessions.total", "web", "FRONTEND"] == 3
    assert found["haproxy.responses.total", "app", "a", "2xx"] == 3
    assert found["haproxy.failed_checks", "app", "b"] == 1
    assert found["haproxy.servers", "app", "BACKEND", "active"] == 1
    assert found["haproxy.latency", "app", "a", "total"] >= 0
    assert ("haproxy.servers", "app", "a", "active") not in found
    assert ("haproxy.requests.total", "tcp1", "FRONTEND") in found or (
        "haproxy.bytes.input",
        "tcp1",
        "FRONTEND",
    ) in found
    assert ("haproxy.responses.total", "tcp1", "FRONTEND", "2xx") not in found


def test_states():
    rows = "".join(
        f"p,s{number},2,{status},0,0,\n"
        for number, status in enumerate(["UP 1/3", "DOWN 1/2", "MAINT (via a/b)", "DRAIN", "NOLB", "no check"])
    )
    found = samples_of(parse_stat(HEAD + rows))[0]
    assert [value for name, _, value in found if name == "haproxy.status"] == [1, 0, None, None, 1, None]
    assert taken_out(parse_stat(HEAD + rows)) == "p/s2 (MAINT (via a/b)), p/s3 (DRAIN)"


def test_names_with_quotes_and_commas():
    text = HEAD + '"a,""b""",FRONTEND,0,OPEN,5,,\nq,"x",2,UP,x,-7,\n'
    assert [row["pxname"] for row in parse_stat(text)] == ['a,"b"', "q"]
    found = values(text)
    assert found["haproxy.sessions.count", 'a,"b"', "FRONTEND"] == 5
    assert found["haproxy.sessions.count", "q", "x"] is None
    assert found["haproxy.latency", "q", "x", "queue"] is None


def test_listeners_are_left_out_and_rows_have_an_end():
    rows = "".join(f"p{number},s,2,UP,1,1,\n" for number in range(ROWS_MAX + 7)) + "p,sock-1,3,OPEN,1,1,\n"
    samples, left_out = samples_of(parse_stat(HEAD + rows))
    assert left_out == 7
    assert len(samples) == 3 * ROWS_MAX


@pytest.mark.parametrize("text", ["", "Unknown command", "<html>", HEAD + "a,b,2\n", HEAD + '"a,b,2,UP,1,1,\n'])
def test_no_csv_of_haproxy(text):
    with pytest.raises(Malformed):
        parse_stat(text)


def test_lines_without_end_marks():
    assert len(parse_stat(STAT.replace("\n", "\r\n"))) == len(parse_stat(STAT)) == 7


@given(st.integers(0, 3000), st.text(max_size=5), st.integers(0, 30))
def test_garbage_breaks_nothing(at, inserted, removed):
    text = STAT[:at] + inserted + STAT[at + removed :]
    for parse in (lambda: samples_of(parse_stat(text)), lambda: parse_info(text)):
        try:
            parse()
        except HostError:
            continue


def test_over_its_socket(served):
    def serve(channel):
        asked = channel.recv(100)
        channel.sendall({b"show stat\n": STAT, b"show info\n": INFO}[asked].encode())

    meter = HaproxyMeter()
    meter.configure({"targets": [f"lb={served(serve, 'unix').address}"]})
    reading = meter.read(Host("/nowhere"), 0)
    found = {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}
    assert found["haproxy.up", "lb"] == 1
    assert found["haproxy.connections.limit", "lb"] == 100
    assert found["haproxy.uptime", "lb"] == 2
    assert found["haproxy.idle", "lb"] == 1
    assert found["haproxy.status", "web", "FRONTEND", "lb"] == 1
    assert reading.inventories["haproxy"] == [
        {"target": "lb", "state": "up", "error": "", "version": "2.6.12-1+deb12u4", "taken_out": "", "left_out": 0}
    ]


def test_over_http_and_another_program(paged, served):
    meter = HaproxyMeter()
    url = paged({"/stats;csv": STAT})
    other = served(lambda channel: channel.sendall(channel.recv(99) and b"-ERR\n")).address
    meter.configure({"targets": [f"a={url}/stats", f"b={url}/stats;csv", f"c={other}"]})
    rows = meter.read(Host("/nowhere"), 0).inventories["haproxy"]
    assert [row["state"] for row in rows] == ["up", "up", "down"]
    assert "is not HAProxy's CSV" in rows[2]["error"]


def test_an_info_of_somebody_else():
    with pytest.raises(Malformed):
        parse_info("Name: other\n")


def test_the_usual_sockets(made, tmp_path):
    host = made({"run/haproxy/admin.sock": ""})
    assert [target[:2] for target in HaproxyMeter().usual(host)] == [
        ("unix:/run/haproxy/admin.sock", f"unix:{tmp_path}/run/haproxy/admin.sock")
    ]
