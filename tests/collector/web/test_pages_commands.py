"""Commands in words."""

from __future__ import annotations

from dataclasses import replace

from wakeful_collector.model.command import Command, CommandState
from wakeful_collector.model.host import Host
from wakeful_collector.web import pages_commands

NOW_MS = 1_795_000_000_000
ASKED = Command("c1", 1, "server.restart", {"watch": "survival"}, "changes", "user:ada", NOW_MS, NOW_MS + 1000)
HOST = Host(1, "h1", "games", (), NOW_MS, NOW_MS, 10.0, "0.1.0")


def test_what_was_asked_is_said_in_words() -> None:
    assert pages_commands.title("server.restart", {"watch": "survival"}) == "Restart survival"
    assert pages_commands.title("wake", {"name": "nas", "mac": "02:00:00:00:00:01"}) == "Wake nas"
    assert pages_commands.title("backup-world", {}) == "backup-world"
    given = replace(ASKED, action="x", arguments={"watch": "a", "quick": True, "keep": 3, "empty": ""})
    assert pages_commands.line(given, HOST, NOW_MS).given == "quick yes, keep 3"


def test_where_it_stands_is_a_sentence() -> None:
    assert "waits for the machine" in pages_commands.said(ASKED, HOST, NOW_MS)
    assert "games is silent" in pages_commands.said(ASKED, HOST, NOW_MS + 3_600_000)
    taken = replace(ASKED, state=CommandState.DELIVERED)
    assert pages_commands.said(taken, None, NOW_MS) == "the machine has it and is at it"
    done = replace(ASKED, state=CommandState.DONE)
    assert pages_commands.said(done, HOST, NOW_MS) == "the machine says that it is done"
    failed = replace(ASKED, state=CommandState.FAILED, late=True, data={"summary": "no socket"})
    assert pages_commands.said(failed, HOST, NOW_MS) == "no socket (said late)"
    assert pages_commands.said(replace(failed, late=False, data={}), HOST, NOW_MS) == "nobody said why"


def test_a_rehearsal_is_not_called_done_and_output_is_bounded() -> None:
    done = replace(ASKED, state=CommandState.DONE, data={"dry_run": True, "data": {"output": "x" * 9_000}})
    line = pages_commands.line(done, None, NOW_MS)
    assert (line.word, line.mood, line.host) == ("rehearsed", "ok", None)
    assert len(line.output) == pages_commands.OUTPUT_CHARACTERS_MAX
    assert pages_commands.output(replace(done, data={"data": "text"})) == ""
    assert pages_commands.lines([done], {1: HOST}, NOW_MS)[0].host is HOST
