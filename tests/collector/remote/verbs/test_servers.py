"""servers: game servers."""

import pytest

from wakeful_collector.remote.verbs import servers

LINK = "https://sshx.io/s/AbCdEf0123#KeyKeyKey12345"
SERVER = {
    "watch": "srv-survival",
    "server": "1a2b3c4d",
    "name": "Survival \x1b[31m",
    "state": "running",
    "resources": {"memory_bytes": 3 * 1024**3, "cpu_absolute": 12.4},
    "console_tail": ["[12:00] \x1b[2JDone (3.1s)!", "Link: x"],
    "links": [{"kind": "read", "url": LINK}, {"kind": "write", "url": LINK + "w"}],
}


@pytest.fixture
def node(machine, now_ms):
    host = machine("srv-node")
    host.push([], now_ms, hello={"name": "srv-node"}, inventories={"pterodactyl": {"hash": "h", "body": [SERVER]}})
    return host


def test_servers_are_listed(operator, node):
    ran = operator("servers", "--host", node.id, COLUMNS="200")
    assert (ran.code, ran.err) == (0, "")
    for expected in ("srv-survival", "running", "12 %", "3.0 GiB", LINK, "(+1)", "Survival \\x1b[31m"):
        assert expected in ran.out, expected
    masked = operator("servers", "--host", node.id, "--json", scope="read").document["servers"][0]["links"][0]["url"]
    assert LINK not in masked


def test_one_is_shown_with_its_console(operator, node):
    ran = operator("servers", "srv-survival", "--host", node.id)
    assert ran.code == 0
    assert "  [12:00] \\x1b[2JDone (3.1s)!" in ran.out
    assert ran.out.count("https://sshx.io") == 2
    assert operator("servers", "nothing-so").code == 5


def test_none_is_said(operator, machine):
    machine("srv-none")
    assert "No game servers" in operator("servers", "--host", "srv-none").err


def test_amounts():
    assert servers._bytes(5) == "5 B"
    assert servers._bytes(2048) == "2.0 KiB"
    assert servers._bytes(3 * 1024.0**4) == "3.0 TiB"
    assert servers._bytes(None) == servers._percent(None) == ""
    assert servers._first({"cpu": True, "b": 2}, "cpu", "b") == 2.0
    assert servers._first({}, "cpu") is None
    assert servers._urls({"links": "no"}) == []
