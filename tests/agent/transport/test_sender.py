from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

from wakeful_agent.config.address import parse
from wakeful_agent.network.http import Client
from wakeful_agent.transport import doubts
from wakeful_agent.transport import sender as module
from wakeful_agent.transport.sender import Listeners, Sender
from wakeful_agent.transport.spool import Head, Spool
from wakeful_wire import packing
from wakeful_wire.answer import Answer

SCHEMA = "0" * 32
SERIES = [["system.uptime", {}]]


class Stand:
    """A real spool, a real client and a sender between them."""

    def __init__(self, folder: Path, url: str, log: Any) -> None:
        self.spool = Spool(str(folder / "spool"), 1 << 30, 1 << 40)
        self.spool.put_schema(SCHEMA, SERIES)
        self.client = Client(parse(url), timeout_seconds=2)
        self.answers: list[Answer] = []
        self.refusals: list[str] = []
        listeners = Listeners(self.answers.append, self.refusals.append)
        self.sender = Sender(self.spool, self.client, "wk_agt_secret", listeners, log, 1000)

    def put(self, number: int) -> None:
        head = Head(1_000_000 + number, "run12345", number, SCHEMA)
        push = {"wire": 1, "run": "run12345", "sequence": number, "schema": SCHEMA, "ticks": []}
        self.spool.put(head, packing.pack(push), 0)
        self.sender.nudge()


@pytest.fixture
def stand(tmp_path: Path, door: Any, heard: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setattr(module, "fraction", lambda: 0.0)
    made = Stand(tmp_path, door.url, heard)
    yield made
    if made.sender._thread.is_alive():
        made.sender.stop()


def sent(door: Any) -> list[int]:
    return [push["sequence"] for push in door.pushes]


def test_the_newest_push_goes_first_then_the_backlog_oldest_first(stand: Stand, door: Any, tools: Any) -> None:
    for number in range(5):
        stand.put(number)
    stand.sender.start()
    tools["until"](lambda: not len(stand.spool))
    assert sent(door) == [4, 0, 1, 2, 3]
    stand.put(5)
    tools["until"](lambda: len(stand.answers) == 6)
    assert stand.sender.accepted == 6
    assert stand.sender.trouble == ""
    request = door.requests[0]
    assert request["path"] == "/api/v1/push"
    assert request["headers"]["Authorization"] == "Bearer wk_agt_secret"
    assert request["headers"]["Content-Encoding"] == "gzip"


def test_the_series_travel_until_the_collector_has_them(stand: Stand, door: Any, tools: Any) -> None:
    stand.sender.start()
    for number in range(3):
        stand.put(number)
        tools["until"](lambda number=number: len(stand.answers) == number + 1)
    assert [push.get("series") for push in door.pushes] == [SERIES, None, None]


def test_a_collector_that_lost_the_schema_gets_it_at_once(stand: Stand, door: Any, tools: Any) -> None:
    stand.sender.start()
    stand.put(0)
    tools["until"](lambda: len(stand.answers) == 1)

    def forgetful(request: Any) -> Any:
        if "series" not in request["document"]:
            return 409, {}, b'{"error": "unknown_schema", "message": "series please"}'
        return tools["accept"](request)

    door.answer = forgetful
    stand.put(1)
    tools["until"](lambda: len(stand.answers) == 2)
    assert [(push["sequence"], push.get("series")) for push in door.pushes] == [(0, SERIES), (1, None), (1, SERIES)]
    assert stand.sender.retried == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_is_never_acceptable_is_set_aside_and_the_rest_goes_on(
    stand: Stand, door: Any, tools: Any, heard: Any, status: int
) -> None:
    door.answer = lambda request: (
        (status, {}, b'{"error": "clock_ahead", "message": "no\\u001b[31m"}')
        if request["document"]["sequence"] == 1
        else tools["accept"](request)
    )
    for number in range(3):
        stand.put(number)
    stand.sender.start()
    tools["until"](lambda: not len(stand.spool) and stand.refusals and stand.sender.accepted == 2)
    assert stand.refusals == ["clock_ahead"]
    assert stand.spool.set_aside == 1
    assert stand.sender.accepted == 2
    assert f"the collector answered {status} clock_ahead: no?[31m" in heard.text


@pytest.mark.parametrize("status", [401, 403])
def test_an_unknown_token_keeps_everything_and_tries_seldom(
    stand: Stand, door: Any, tools: Any, heard: Any, status: int
) -> None:
    door.answer = tools["refuse"](status, "unknown_token", "who?")
    stand.sender.start()
    stand.put(0)
    tools["until"](lambda: "enrol again" in heard.text)
    stand.put(1)
    time.sleep(0.3)
    assert len(stand.spool) == 2
    assert len(door.requests) == 1
    assert heard.text.count("enrol again with a new invite") == 1
    assert "wk_agt_secret" not in heard.text


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_collector_is_given_the_time_it_asks_for(stand: Stand, door: Any, tools: Any, status: int) -> None:
    times: list[float] = []
    busy = tools["refuse"](status, "busy", **{"Retry-After": "1"})

    def once(request: Any) -> Any:
        times.append(time.monotonic())
        return busy(request) if len(times) == 1 else tools["accept"](request)

    door.answer = once
    stand.sender.start()
    stand.put(0)
    tools["until"](lambda: not len(stand.spool))
    assert 0.99 < times[1] - times[0] < 10


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b"no json"),
        (200, {}, b"{}"),
        (200, {}, b"[]"),
        (200, {}, b'{"sequence": "0"}'),
        (200, {}, b'{"sequence": 99}'),
        (200, {}, b'{"sequence": 0, "config": 5}'),
        (200, {}, b'{"sequence": 0, "live": "now"}'),
        (200, {}, b'{"sequence": 0, "want": 5}'),
        (200, {}, b'{"sequence": 0, "commands": [{}]}'),
        (200, {"Content-Encoding": "gzip"}, b"no gzip"),
        (200, {"Content-Encoding": "gzip"}, packing.pack("x" * 2_000_000)),
        (204, {}, b""),
        (302, {"Location": "https://elsewhere/"}, b""),
        (404, {}, b'{"error": "not_found", "message": "?"}'),
        (409, {}, b'{"error": "unknown_schema", "message": "although it was sent"}'),
        (429, {}, b""),
        (500, {}, b""),
        (200, {}, b"1" * 5000),
    ],
)
def test_whatever_else_comes_is_tried_again_and_ends_nothing(
    stand: Stand, door: Any, tools: Any, heard: Any, status: int, headers: dict[str, str], body: bytes
) -> None:
    door.answer = lambda _request: (status, headers, body)
    stand.sender.start()
    stand.put(0)
    tools["until"](lambda: stand.sender.trouble)
    assert len(stand.spool) == 1
    door.answer = tools["accept"]
    tools["until"](lambda: "the collector takes pushes again" in heard.text)
    assert len(stand.spool) == 0
    assert stand.sender.retried >= 1


@pytest.mark.parametrize(("status", "body"), [(413, b"<html>too large</html>"), (400, b"[]"), (422, b'{"error": 5}')])
def test_what_a_proxy_refuses_is_passed_over_and_in_the_end_set_aside(
    stand: Stand, door: Any, tools: Any, heard: Any, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    monkeypatch.setattr(doubts, "FIRST_SECONDS", 0.15)
    door.answer = lambda request: (
        (status, {}, body) if request["document"]["sequence"] == 1 else tools["accept"](request)
    )
    for number in range(4):
        stand.put(number)
    stand.sender.start()
    tools["until"](lambda: not len(stand.spool) and stand.refusals)
    assert list(dict.fromkeys(sent(door))) == [3, 0, 1, 2]
    assert sent(door).count(1) == doubts.TRIES_MAX
    assert stand.sender.accepted == 3
    assert stand.refusals == [f"http_{status}"]
    assert stand.spool.set_aside == 1
    assert "set aside in spool/aside" in heard.text
    assert ("client_max_body_size" in heard.text) == (status == 413)


def test_nothing_is_set_aside_while_a_proxy_refuses_everything(
    stand: Stand, door: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubts, "FIRST_SECONDS", 0.01)
    door.answer = lambda _request: (400, {}, b"<html>a proxy speaks</html>")
    stand.put(0)
    stand.put(1)
    stand.sender.start()
    tools["until"](lambda: len(door.requests) > 3 * doubts.TRIES_MAX)
    assert len(stand.spool) == 2
    door.answer = tools["accept"]
    tools["until"](lambda: not len(stand.spool))
    assert stand.spool.set_aside == 0


def test_a_gzipped_answer_is_read(stand: Stand, door: Any, tools: Any) -> None:
    answer = {"sequence": 0, "live": 5, "want": ["hello"], "config": {"interval": 3}}
    door.answer = lambda _request: (200, {"Content-Encoding": "gzip"}, packing.pack(answer))
    stand.sender.start()
    stand.put(0)
    tools["until"](lambda: stand.answers)
    assert stand.answers == [Answer(0, {"interval": 3}, [], 5, ["hello"])]


def test_the_thread_survives_what_nobody_thought_of(stand: Stand, door: Any, tools: Any) -> None:
    def broken(_answer: Answer) -> None:
        raise KeyError("nobody thought of this")

    stand.sender._ears = Listeners(broken, broken)
    stand.sender.start()
    stand.put(0)
    tools["until"](lambda: "KeyError" in stand.sender.trouble)
    assert stand.sender._thread.is_alive()


def test_a_spoiled_push_is_passed_over(stand: Stand, door: Any, tools: Any) -> None:
    stand.put(0)
    stand.put(1)
    for path in (Path(stand.spool._folder)).glob("*0.run12345*"):
        path.write_bytes(b"spoiled")
    stand.sender.start()
    tools["until"](lambda: not len(stand.spool) and stand.spool.set_aside)
    assert sent(door) == [1]
    assert stand.spool.set_aside == 1


def test_a_push_whose_series_list_is_lost_is_sent_without(tmp_path: Path, stand: Stand, door: Any, tools: Any) -> None:
    stand.spool.put_schema("1" * 32, [])
    (tmp_path / "spool" / f"schema-{SCHEMA}").unlink()
    stand.put(0)
    stand.sender.start()
    tools["until"](lambda: not len(stand.spool))
    assert "series" not in door.pushes[0]


def test_a_push_whose_series_nobody_knows_any_more_holds_up_no_other(
    tmp_path: Path, stand: Stand, door: Any, tools: Any, heard: Any
) -> None:
    stand.spool.put_schema("1" * 32, [])
    (tmp_path / "spool" / f"schema-{SCHEMA}").unlink()
    stand.put(0)
    door.answer = lambda _request: (409, {}, b'{"error": "unknown_schema", "message": "series please"}')
    stand.sender.start()
    tools["until"](lambda: not len(stand.spool) and stand.refusals)
    assert stand.refusals == ["unknown_schema"]
    assert stand.spool.set_aside == 1
    assert "That list is lost here" in heard.text


def test_what_it_knows_of_schemas_is_bounded(
    stand: Stand, door: Any, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KNOWN_SCHEMAS_MAX", 1)
    stand.sender._known.add("f" * 32)
    stand.put(0)
    stand.sender.start()
    tools["until"](lambda: stand.answers)
    assert stand.sender._known == {SCHEMA}


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the last try take as long as a busy machine needs."""
    monkeypatch.setattr(module, "GRACE_SECONDS", 30.0)
    monkeypatch.setattr(module, "LAST_TRY_SECONDS", 30.0)


@pytest.mark.usefixtures("unhurried")
def test_stopping_tries_the_newest_push_a_last_time(stand: Stand, door: Any, tools: Any) -> None:
    stand.sender.start()
    stand.put(0)
    tools["until"](lambda: not len(stand.spool))
    stand.put(1)
    stand.sender.stop()
    assert sent(door) == [0, 1]
    assert not stand.sender._thread.is_alive()


@pytest.mark.usefixtures("unhurried")
def test_stopping_during_a_backoff_still_tries_the_newest(stand: Stand, door: Any, tools: Any) -> None:
    door.answer = tools["refuse"](403, "revoked")
    stand.sender.start()
    stand.put(0)
    tools["until"](lambda: stand.sender.trouble)
    stand.put(1)
    stand.sender.stop()
    assert sent(door) == [0, 1]
    assert len(stand.spool) == 2


def test_stopping_does_not_wait_for_a_network_that_hangs(stand: Stand, door: Any, tools: Any) -> None:
    asked = threading.Event()
    door.answer = lambda request: asked.set() or time.sleep(6) or tools["accept"](request)
    stand.client.timeout_seconds = 20
    stand.sender.start()
    stand.put(0)
    assert asked.wait(30)
    stand.put(1)
    started = time.monotonic()
    stand.sender.stop()
    assert time.monotonic() - started < 5
    assert len(stand.spool) == 2


def test_an_answer_document_is_what_the_wire_says(door: Any, tools: Any) -> None:
    status, _, body = tools["accept"]({"document": {"sequence": 5}}, live=1)
    assert (status, json.loads(body)) == (200, {"sequence": 5, "live": 1})
