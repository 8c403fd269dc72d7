"""The gateway's door before a fake Ollama, in this process: who may pass, to which machine, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.model.store_errors import StoreFull

from .front_door import CHAT, Door

if TYPE_CHECKING:
    from pathlib import Path

    from ....fakes.ollama import Ollama


def test_errors_of_the_upstream_pass_unchanged(door: Door) -> None:
    got = door.ask("POST", "/ollama/api/chat", {**CHAT, "model": "nope"})
    assert (got.status, got.document) == (404, {"error": "model 'nope' not found"})
    assert (door.rows()[0].outcome, door.rows()[0].status) == ("refused", 404)
    assert door.ask("POST", "/ollama/v1/chat/completions", {**CHAT, "model": "nope"}).status == 404
    assert door.ask("GET", "/ollama/nothing/here").body == b"404 page not found"
    got = door.ask("GET", "/ollama/api/generate")
    assert (got.status, got.headers["Allow"]) == (405, "POST")
    got = door.ask("GET", "/ollama//api/status")
    assert (got.status, got.headers["Location"]) == (307, "/ollama/api/status")


def test_the_default_machine_and_named_ones_stand_at_their_paths(door: Door, server: Ollama) -> None:
    door.machine(server.url, name="attic")
    assert door.ask("POST", "/ollama/attic/api/show", {"model": "gem"}).status == 200
    assert [row.machine for row in door.rows()] == ["attic"]
    assert door.ask("GET", "/ollama/attic").body == b"Ollama is running"
    assert door.ask("GET", "/ollama").body == b"Ollama is running"
    door.ask("GET", "/ollama/v1/models/gem%3Alatest?a=%2F")
    assert server.seen("/v1/models/gem%3Alatest"), "the path arrives as it was written"
    assert door.ask("GET", "/elsewhere").body == b"pages"


def test_without_a_default_machine_the_way_out_is_said(data: Path) -> None:
    got = Door(data).ask("POST", "/ollama/api/chat", CHAT)
    assert got.status == 404
    assert "no default machine" in got.document["error"]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/ollama/api/chat", lambda said: said["error"]),
        ("/ollama/v1/chat/completions", lambda said: said["error"]["message"]),
        ("/ollama/v1/messages", lambda said: said["error"]["message"]),
        ("/ollama/box/v1/models", lambda said: said["error"]["message"]),
    ],
)
def test_who_has_no_key_is_told_so_in_the_language_of_the_path(door: Door, path: str, where: object) -> None:
    for more, said in (
        ({"HTTP_AUTHORIZATION": "Basic eA=="}, "API key"),
        ({"HTTP_AUTHORIZATION": "Bearer x"}, "valid"),
    ):
        got = door.ask("POST", path, CHAT, **more)
        assert (got.status, got.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert said in where(got.document)  # type: ignore[operator]  # a lambda of the table above
    assert door.rows() == []


def test_foreign_host_names_and_other_scopes_are_refused(door: Door, data: Path) -> None:
    assert door.ask("GET", "/ollama", HTTP_HOST="evil.example").status == 421
    got = Door(data, scopes=("read",)).ask("GET", "/ollama/api/tags")
    assert got.status == 403
    environ = door.environ("GET", "/ollama", HTTP_X_API_KEY=door.key)
    del environ["HTTP_AUTHORIZATION"]
    assert door.send(environ).status == 200


def test_a_crowded_process_refuses_at_once(door: Door) -> None:
    environ = door.environ("POST", "/ollama/api/chat", CHAT)
    got = door.send({**environ, "wakeful.crowded": True})
    assert (got.status, got.headers["Retry-After"]) == (503, "5")


def test_limits_of_a_key_hold(door: Door) -> None:
    door.limit(models=("thinker*",))
    got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert (got.status, "gem" in got.document["error"]) == (403, True)
    assert door.ask("POST", "/ollama/api/chat", {**CHAT, "model": "thinker:1b"}).status == 200
    smuggled = b'{"model": "thinker:1b", "MODEL": "gem", "messages": []}'
    assert door.ask("POST", "/ollama/api/chat", smuggled).status == 403
    assert door.ask("POST", "/ollama/api/pull", {"model": "thinker:1b"}).status == 403
    assert door.ask("GET", "/ollama/api/status").status == 403
    assert [row.outcome for row in door.rows()] == ["forbidden", "forbidden", "forbidden", "ok", "forbidden"]
    door.limit(per_minute=1)
    assert door.ask("POST", "/ollama/api/chat", CHAT).status == 200
    for _ in range(70):
        got = door.ask("POST", "/ollama/v1/embeddings", {"model": "embedder", "input": "x"})
        if got.status == 429:
            break
    assert (got.status, got.document["error"]["type"]) == (429, "rate_limit_error")
    assert int(got.headers["Retry-After"]) > 0
    assert door.rows()[0].outcome == "limited"


def test_a_fault_of_ours_is_a_500_without_its_story(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("wakeful_collector.integrations.ollama.front.form_of", lambda *_: 1 / 0)
    got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert (got.status, "ZeroDivision" in got.body.decode()) == (500, False)
    assert "ZeroDivisionError" in caplog.text


def test_without_room_on_the_disk_a_request_is_refused_and_its_answer_still_ends_well(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise StoreFull("the disk is full")

    with monkeypatch.context() as changed:
        changed.setattr("wakeful_collector.integrations.ollama.leasing.Desk.end", full)
        got = door.ask("POST", "/ollama/api/chat", CHAT)
    assert (got.status, got.broken, json.loads(got.body.splitlines()[-1])["done"]) == (200, False, True)
    assert "could not be written down" in caplog.text
    with monkeypatch.context() as changed:
        changed.setattr("wakeful_collector.integrations.ollama.leasing.Desk.enter", full)
        got = door.ask("POST", "/ollama/v1/chat/completions", CHAT)
    assert (got.status, got.document["error"]["code"]) == (503, "store")


@pytest.mark.parametrize(
    ("method", "packing"), [("TRACE", ""), ("CONNECT", ""), ("POST", "gzip, chunked"), ("POST", "identity")]
)
def test_what_cannot_be_passed_on_is_refused(door: Door, server: Ollama, method: str, packing: str) -> None:
    before = len(server.seen("/api/chat"))
    got = door.ask(method, "/ollama/api/chat", HTTP_TRANSFER_ENCODING=packing)
    assert got.status == 501
    assert len(server.seen("/api/chat")) == before, "the upstream hears nothing of it"
    assert door.is_idle()


def test_a_request_that_fails_before_it_is_served_gives_its_lease_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(24, "too many open files")

    monkeypatch.setattr(door.front._hangups, "watched", fail)
    assert door.ask("POST", "/ollama/api/chat", CHAT).status == 500
    assert door.is_idle()
