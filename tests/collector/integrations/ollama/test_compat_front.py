"""The five routes of older clients before a fake Ollama: what they send becomes its own, and streams as it comes."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.config import Settings
from wakeful_collector.integrations.ollama import bodies, claims, compat_front
from wakeful_collector.read import gateway_leases
from wakeful_collector.store import database
from wakeful_collector.web.kit import CROWDED

from ....fakes.ollama import ollama
from .front_door import Door

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ....fakes.ollama import Ollama

ADDRESS = "192.0.2.7"


@pytest.fixture(scope="module")
def served() -> Iterator[Ollama]:
    with ollama() as server:
        yield server


@pytest.fixture
def server(served: Ollama) -> Ollama:
    served.manners.__init__()  # type: ignore[misc]  # back to the defaults
    return served


class OlderDoor(Door):
    """The gateway's door with the one for older clients before it."""

    def __init__(self, data: Path, *scopes: str) -> None:
        super().__init__(data, scopes or ("gateway",))
        self.front = compat_front.create(Settings(data=data), self.front, lambda _: ADDRESS)


@pytest.fixture
def door(data: Path, server: Ollama) -> OlderDoor:
    made = OlderDoor(data)
    made.machine(server.url)
    return made


PROMPT = {"model": "gem", "prompt": "one two three"}
CHAT = {"model": "gem", "messages": [{"role": "user", "content": "one two three"}]}


def test_it_streams_only_when_it_is_told_so(door: OlderDoor) -> None:
    whole = door.ask("POST", "/gateway/ollama/generate", PROMPT)
    assert (whole.status, whole.document["done"]) == (200, True)
    assert whole.document["response"].split()[-3:] == ["one", "two", "three"]
    lines = door.ask("POST", "/gateway/ollama/generate", {**PROMPT, "stream": True}).body.splitlines()
    assert [json.loads(line)["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    assert len(lines) > 3
    assert door.ask("POST", "/gateway/ollama/chat", CHAT).document["message"]["content"]
    streamed = door.ask("POST", "/gateway/ollama/chat", {**CHAT, "stream": True})
    assert streamed.headers["Content-Type"] == "application/x-ndjson"
    assert [piece for piece in streamed.pieces if piece] == streamed.body.splitlines(keepends=True)


def test_fields_that_those_services_did_not_know_pass_too(door: OlderDoor, server: Ollama) -> None:
    door.ask("POST", "/gateway/ollama/generate", {**PROMPT, "keep_alive": "1m", "options": {"seed": 3}})
    sent = json.loads(server.seen("/api/generate")[-1].body)
    assert sent == {**PROMPT, "keep_alive": "1m", "options": {"seed": 3}, "stream": False}
    assert server.seen("/api/generate")[-1].header("x-api-key") in {None, ""}


def test_models_are_pulled_shown_and_deleted_by_name(door: OlderDoor, server: Ollama) -> None:
    lines = door.ask("POST", "/gateway/ollama/pull", {"name": "tiny"}).body.splitlines()
    assert json.loads(lines[-1]) == {"status": "success"}
    assert door.ask("POST", "/gateway/ollama/pull", {"name": "tiny", "stream": False}).document["status"] == "success"
    assert "modelfile" in door.ask("POST", "/gateway/ollama/show", {"model": "tiny"}).document
    gone = door.ask("POST", "/gateway/ollama/delete", {"name": "tiny"})
    assert (gone.status, gone.document) == (200, {"success": True, "mensaje": "The model 'tiny' was deleted"})
    assert server.seen("/api/delete")[-1].method == "DELETE"
    again = door.ask("POST", "/gateway/ollama/delete", {"name": "tiny"})
    assert again.status == 404
    assert "tiny" in again.document["detail"]


def test_errors_of_ollama_stand_under_detail(door: OlderDoor) -> None:
    got = door.ask("POST", "/gateway/ollama/generate", {"model": "nope", "prompt": "x"})
    assert (got.status, got.document) == (404, {"detail": "model 'nope' not found"})
    assert got.headers["Content-Length"] == str(len(got.body))
    assert got.headers["Wakeful-State"] == "awake"


def test_refusals_of_the_gateway_stand_there_too(door: OlderDoor) -> None:
    door.limit(models=("other",))
    got = door.ask("POST", "/gateway/ollama/generate", PROMPT)
    assert (got.status, "detail" in got.document) == (403, True)
    door.limit()
    door.stand("unreachable", "no answer within 180 s", cool_ms=clock.now_ms() + 60_000, woke_ms=clock.now_ms())
    got = door.ask("POST", "/gateway/ollama/delete", {"name": "tiny"})
    assert got.status == 504
    assert "no answer within 180 s" in got.document["detail"]
    assert int(got.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("route", "body", "missing"),
    [
        ("generate", {"model": "gem"}, ["prompt"]),
        ("generate", {}, ["model", "prompt"]),
        ("chat", {"model": "gem"}, ["messages"]),
        ("pull", {}, ["name"]),
        ("delete", {"name_": "x"}, ["name"]),
        ("show", {}, ["name"]),
    ],
)
def test_what_lacks_is_said(door: OlderDoor, route: str, body: dict[str, Any], missing: list[str]) -> None:
    got = door.ask("POST", f"/gateway/ollama/{route}", body)
    assert (got.status, [one["loc"][1] for one in got.document["detail"]]) == (422, missing)


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_said(door: OlderDoor, body: bytes) -> None:
    got = door.ask("POST", "/gateway/ollama/chat", body)
    assert (got.status, got.document["detail"][0]["type"]) == (422, "json_invalid")


def test_other_routes_and_methods_are_not_there(door: OlderDoor) -> None:
    assert door.ask("POST", "/gateway/ollama/embed", {}).document == {"detail": "Not Found"}
    got = door.ask("GET", "/gateway/ollama/chat")
    assert (got.status, got.headers["Allow"]) == (405, "POST")
    assert door.ask("GET", "/gateway/status").body == b"pages"
    assert door.ask("GET", "/ollama/api/version").status == 200


def test_only_keys_come_in(door: OlderDoor, data: Path, server: Ollama) -> None:
    before = len(server.seen("/api/generate"))
    for headers in (
        {"HTTP_AUTHORIZATION": "Bearer wrong"},
        {"HTTP_AUTHORIZATION": "Basic x", "HTTP_X_API_KEY": "wrong"},
    ):
        got = door.ask("POST", "/gateway/ollama/generate", PROMPT, **headers)
        assert (got.status, got.document) == (401, {"detail": "Invalid or missing API Key"})
    got = door.ask("POST", "/gateway/ollama/generate", PROMPT, HTTP_AUTHORIZATION="Basic x", HTTP_X_API_KEY=door.key)
    assert got.status == 200
    assert door.ask("POST", "/gateway/ollama/generate", PROMPT, HTTP_HOST="evil.example").status == 421
    assert door.ask("POST", "/gateway/ollama/generate", PROMPT, **{CROWDED: True}).status == 503
    assert len(server.seen("/api/generate")) == before + 1


def test_a_key_that_may_only_look_does_not(data: Path, server: Ollama) -> None:
    door = OlderDoor(data, "read")
    door.machine(server.url)
    assert door.ask("POST", "/gateway/ollama/generate", PROMPT).status == 403


def test_without_a_default_machine(data: Path) -> None:
    got = OlderDoor(data).ask("POST", "/gateway/ollama/generate", PROMPT)
    assert (got.status, got.document) == (404, {"detail": "no machine is the default one"})


def test_bodies_have_a_bound(door: OlderDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat_front, "BODY_BYTES_MAX", 64)
    long = {**PROMPT, "prompt": "x" * 100}
    assert door.ask("POST", "/gateway/ollama/generate", long).status == 413
    assert door.ask("POST", "/gateway/ollama/generate", long, CONTENT_LENGTH="nonsense").status == 413
    chunked = door.environ("POST", "/gateway/ollama/generate", long, **{"wsgi.input_terminated": True})
    del chunked["CONTENT_LENGTH"]
    assert door.send(chunked).status == 413
    chunked["wsgi.input"] = io.BytesIO(json.dumps({"model": "gem", "prompt": "one"}).encode())
    assert door.send(chunked).status == 200


def test_a_client_that_works_keeps_its_claims(door: OlderDoor, data: Path) -> None:
    now_ms = clock.now_ms()
    claims.claim(data, "box", "legacy", "key:laptop", f"arrancar from {ADDRESS}", 60, now_ms)
    door.ask("POST", "/gateway/ollama/generate", PROMPT)
    (lease,) = gateway_leases.leases(data, now_ms, "box")
    assert lease.expires_ms >= now_ms + 3_000_000


def test_a_failure_behind_the_status_that_kept_the_connection_is_a_failure(data: Path) -> None:
    """A delete that waited was answered 200 and spaces; what follows is an error, and older clients read the status."""
    said = {"status": "200 OK", "body": [b"  ", b'{"error":"it did not wake"}']}

    def application(_environ: Any, start_response: Any) -> Any:
        start_response(said["status"], [("Content-Type", "application/json"), ("Wakeful-State", "waking")])
        return iter(said["body"])

    door = OlderDoor(data)
    door.machine("http://192.0.2.9:1")
    door.front = compat_front.create(Settings(data=data), application, lambda _: ADDRESS)
    got = door.ask("POST", "/gateway/ollama/delete", {"name": "x"})
    assert (got.status, got.document) == (503, {"detail": "it did not wake"})
    assert got.headers["Wakeful-State"] == "waking"
    said |= {"status": "502 Bad Gateway", "body": [b"<html>"]}
    assert door.ask("POST", "/gateway/ollama/chat", CHAT).document == {"detail": "<html>"}
    said["body"] = []
    assert door.ask("POST", "/gateway/ollama/chat", CHAT).document == {"detail": "Bad Gateway"}
    said["status"] = "529 Unknown"  # a service, or what stands before it, may make statuses up
    got = door.ask("POST", "/gateway/ollama/chat", CHAT)
    assert (got.status, got.document) == (529, {"detail": "Unknown"})


def test_a_claim_that_cannot_be_written_down_is_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    door = OlderDoor(data)
    door.machine("http://192.0.2.9:1")
    claims.claim(data, "box", "legacy", "key:laptop", f"arrancar from {ADDRESS}", 60, clock.now_ms())
    with database.transaction(database.writer(data, "gateway")):
        got = door.ask("POST", "/gateway/ollama/chat", CHAT)
    assert (got.status, got.document) == (503, {"detail": "the collector cannot write to its disk now"})


def test_the_answer_is_closed_when_the_client_goes(data: Path) -> None:
    class Answer:
        closed = False

        def __iter__(self) -> Any:
            return iter([b"a", b"b"])

        def close(self) -> None:
            self.closed = True

    answer = Answer()

    def application(_environ: Any, start_response: Any) -> Answer:
        start_response("200 OK", [])
        return answer

    door = OlderDoor(data)
    door.machine("http://192.0.2.9:1")
    front = compat_front.create(Settings(data=data), application, lambda _: ADDRESS)
    pieces = iter(front(door.environ("POST", "/gateway/ollama/chat", CHAT), lambda *_: None))
    assert next(pieces) == b"a"
    pieces.close()  # type: ignore[attr-defined]  # as gunicorn does
    assert answer.closed


def test_large_requests_are_held_within_bounds(door: OlderDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_allowance", bodies._Allowance(10_000))
    long = {**PROMPT, "prompt": "x" * 6_000}
    with bodies.held(6_000) as has_room:
        assert has_room
        got = door.ask("POST", "/gateway/ollama/generate", long)
        assert (got.status, "too many large requests" in got.document["detail"]) == (503, True)
        assert door.ask("POST", "/gateway/ollama/generate", PROMPT).status == 200
    for _ in range(3):
        assert door.ask("POST", "/gateway/ollama/generate", long).status == 200, "what was held is given back"
