from __future__ import annotations

import io
import os
import re
from typing import TYPE_CHECKING

from wakeful_agent.host.log import Log

if TYPE_CHECKING:
    import pytest


def test_lines_are_plain_with_time_and_level() -> None:
    stream = io.StringIO()
    log = Log("info", stream)
    log.say("warning", "two\nlines")
    log.say("debug", "not heard")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ warning two lines\n", stream.getvalue())
    log.set_level("debug")
    log.say("debug", "heard")
    assert stream.getvalue().endswith("debug   heard\n")


def test_trouble_is_said_once_until_it_changes_or_is_over() -> None:
    stream = io.StringIO()
    log = Log("info", stream)
    assert [log.trouble("disk", text) for text in ("full", "full", "gone", "gone")] == [True, False, True, False]
    log.over("disk", "well again")
    log.over("disk", "well again")
    assert log.trouble("disk", "full", "error")
    assert [line.split(None, 1)[1] for line in stream.getvalue().splitlines()] == [
        "warning full",
        "warning gone",
        "info    well again",
        "error   full",
    ]


def test_the_journal_gets_priorities_instead_of_times(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(os.environ, "JOURNAL_STREAM", "1:2")
    Log().say("error", "x")
    assert capsys.readouterr().err == "<3>x\n"


def test_a_closed_stream_ends_nothing() -> None:
    stream = io.StringIO()
    log = Log("info", stream)
    stream.close()
    log.say("error", "x")
    assert log.trouble("x", "y")
