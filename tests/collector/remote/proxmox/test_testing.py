"""What the test of a cluster's connection found, told in words."""

import io

from wakeful_collector.remote.proxmox import testing
from wakeful_collector.remote.terminal import Terminal

FOUND = {
    "ok": False,
    "wants": "look",
    "checks": [
        {"name": "port", "host": "pve1", "state": "ok", "ok": True, "text": "pve1 answers", "hint": ""},
        {
            "name": "login",
            "host": "pve1",
            "state": "failed",
            "ok": False,
            "text": "401 \x1b[2J",
            "hint": "make a token",
        },
        {"name": "port", "host": "pve2", "state": "failed", "ok": False, "text": "refused", "hint": ""},
    ],
    "pveum": ["pveum user add wakeful@pve"],
}


def said(found, only_wrong):
    stream = io.StringIO()
    testing.told(Terminal(stream, {}), found, only_wrong)
    return stream.getvalue().splitlines()


def test_what_is_wrong_stands_below_its_host():
    assert said(FOUND, only_wrong=True) == [
        "  pve1",
        "  failed   login: 401 \\x1b[2J",
        "           make a token",
        "  pve2",
        "  failed   port: refused",
    ]
    assert "  ok       port: pve1 answers" in said(FOUND, only_wrong=False)
    assert said({"ok": True, "version": "9.0.10"}, True) == ["  what is wanted there works, Proxmox VE 9.0.10"]


def test_the_lines_that_make_a_token():
    stream = io.StringIO()
    testing.token_lines(Terminal(stream, {}), FOUND)
    assert stream.getvalue().splitlines()[1:] == [
        "On a node, as root, these make a token that may look, and nothing else:",
        "  pveum user add wakeful@pve",
    ]
    testing.token_lines(Terminal(stream, {}), {"pveum": []})
    assert len(stream.getvalue().splitlines()) == 3
