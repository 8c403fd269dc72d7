from __future__ import annotations

from typing import Any

import pytest

from wakeful_agent.transport.checkup import look
from wakeful_agent.transport.link import Way

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"
DATE_MS = 1_445_412_480_000


def found(door: Any, url: str = "") -> Any:
    return look(Way(url or door.url, None, None, None, "t"), 2, DATE_MS + 90_000)


def test_a_known_token_is_told_by_how_the_empty_push_is_refused(door: Any, tools: Any) -> None:
    door.answer = tools["refuse"](422, "unknown_wire")
    finding = found(door)
    assert (finding.reached, finding.token_good) == (True, True)
    assert door.pushes[0] == {}
    assert finding.size_trouble == ""
    assert 500_000 < len(door.requests[1]["body"]) < 1_000_000


def test_a_proxy_that_takes_no_large_push_is_told(door: Any, tools: Any) -> None:
    unknown = tools["refuse"](422, "unknown_wire")
    door.answer = lambda request: (413, {}, b"<html>") if len(request["body"]) > 500_000 else unknown(request)
    finding = found(door)
    assert finding.token_good
    assert "kB is answered 413 by something in between" in finding.size_trouble


def test_a_way_that_breaks_off_at_a_large_push_is_told(door: Any, tools: Any) -> None:
    unknown = tools["refuse"](422, "unknown_wire")
    door.answer = lambda request: (
        (200, {"nonsense\n\x00": "x"}, b"") if len(request["body"]) > 500_000 else unknown(request)
    )
    assert "gets no answer: " in found(door).size_trouble


@pytest.mark.parametrize("status", [401, 403])
def test_an_unknown_token_is_told(door: Any, tools: Any, status: int) -> None:
    door.answer = tools["refuse"](status, "unknown_token", "who are you")
    finding = found(door)
    assert (finding.reached, finding.token_good, finding.text) == (True, False, "who are you")


def test_something_else_that_answers_is_no_collector(door: Any) -> None:
    door.answer = lambda _request: (404, {}, b"<html>")
    finding = found(door)
    assert not finding.reached
    assert "answered 404, which no Wakeful collector does here" in finding.text


@pytest.mark.parametrize(("status", "code"), [(429, "too_often"), (503, "store_full")])
def test_a_collector_that_takes_nothing_now_is_one(door: Any, tools: Any, status: int, code: str) -> None:
    door.answer = tools["refuse"](status, code, "come again later")
    finding = found(door)
    assert (finding.reached, finding.text) == (False, "the collector takes nothing now: come again later")


def test_nobody_there_is_told(door: Any) -> None:
    finding = found(door, "http://127.0.0.1:1")
    assert not finding.reached
    assert "nobody listens there" in finding.text


def test_the_clocks_are_compared(door: Any, tools: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door.RequestHandlerClass, "date_time_string", lambda _self: DATE)
    door.answer = tools["refuse"](422, "unknown_wire")
    assert found(door).clock_ahead_seconds == 90
    monkeypatch.setattr(door.RequestHandlerClass, "date_time_string", lambda _self: "yesterday")
    assert found(door).clock_ahead_seconds is None
