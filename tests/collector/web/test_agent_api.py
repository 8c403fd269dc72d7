from __future__ import annotations

import base64
import gzip
import json
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client, TestResponse

from wakeful_collector import wsgi
from wakeful_collector.enrolment import new_invite
from wakeful_collector.read import hosts
from wakeful_collector.store import database, invites
from wakeful_wire import limits
from wakeful_wire.schema import parse_series, schema_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wakeful_collector.config import Settings

KEY = base64.b64encode(bytes(32)).decode()
SERIES = [["system.cpu.utilization", {}]]


@pytest.fixture
def client(settings: Settings, frozen: list[int]) -> Iterator[Client]:
    api = wsgi.create_application(settings)
    yield Client(api)
    api.door.close()


@pytest.fixture
def invite(data: Path, now_ms: int) -> str:
    text, digest = new_invite()
    with closing(database.writer(data, "state")) as connection:
        invites.add_invite(connection, digest, now_ms + 10_000_000, 100, [], "", now_ms)
    return text


def _enroll(client: Client, invite: str, **changed: Any) -> TestResponse:
    said = {"invite": invite, "name": "web-1", "machine_id": "m", "version": "1", "public_key": KEY, **changed}
    body = gzip.compress(json.dumps(said).encode())
    return client.post("/api/v1/enroll", data=body, headers={"Content-Encoding": "gzip"})


def _push(client: Client, token: str, document: Any, **headers: str) -> TestResponse:
    body = document if isinstance(document, bytes) else gzip.compress(json.dumps(document).encode())
    sent = {"Authorization": f"Bearer {token}", "Content-Encoding": "gzip", **headers}
    return client.post("/api/v1/push", data=body, headers=sent)


def _document(now_ms: int, **more: Any) -> dict[str, Any]:
    schema = schema_hash(parse_series(SERIES))
    return {"wire": 1, "run": "run-00001", "sequence": 1, "schema": schema, "ticks": [[now_ms, [1]]], **more}


def test_a_machine_enrols_and_pushes(client: Client, invite: str, data: Path, now_ms: int) -> None:
    answer = _enroll(client, invite)
    assert answer.status_code == 200
    assert set(answer.json or {}) == {"agent_id", "token"}
    token = answer.json["token"]
    unknown = _push(client, token, _document(now_ms))
    assert (unknown.status_code, unknown.json["error"]) == (409, "unknown_schema")
    pushed = _push(client, token, _document(now_ms, series=SERIES, hello={"name": "web-1"}))
    assert (pushed.status_code, pushed.json) == (200, {"sequence": 1})
    assert pushed.headers["Cache-Control"] == "no-store"
    assert pushed.headers["Content-Type"] == "application/json"
    assert [host.last_seen_ms for host in hosts.hosts(data)] == [now_ms]


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"),
    [
        (b"no gzip at all", "gzip", 400, "not_gzip"),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", 400, "cut_short"),
        (gzip.compress(bytes(limits.INFLATED_BYTES_MAX + 1), mtime=0), "gzip", 413, "too_large"),
        (gzip.compress(b'{"wire": 1}', mtime=0), "gzip", 422, "invalid"),
        (b'{"wire": 1}', "br", 400, "unknown_encoding"),
        (b'{"wire": 1', "identity", 400, "not_json"),
        (bytes(limits.PACKED_BYTES_MAX + 1), "gzip", 413, "too_large"),
    ],
)
def test_bad_bodies_are_refused_with_a_word_and_a_sentence(
    client: Client, invite: str, caplog: pytest.LogCaptureFixture, body: bytes, encoding: str, status: int, code: str
) -> None:
    token = (_enroll(client, invite).json or {})["token"]
    for _ in range(3):
        answer = _push(client, token, body, **{"Content-Encoding": encoding})
        assert (answer.status_code, (answer.json or {})["error"]) == (status, code)
        assert (answer.json or {})["message"]
    assert [record.exc_info for record in caplog.records] == [None]
    assert token not in caplog.text


def test_without_a_token_the_body_is_not_even_read(client: Client) -> None:
    answer = client.post("/api/v1/push", data=b"x")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert _push(client, "wk_agt_wrong", {}).status_code == 401


def test_only_post_is_answered(client: Client) -> None:
    for path in ("/api/v1/push", "/api/v1/enroll"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_everything_else_is_the_pages(client: Client) -> None:
    assert client.get("/api/v1/pushes").status_code in {302, 401, 404}


def test_a_long_answer_is_packed_for_who_takes_it(client: Client, invite: str, data: Path, now_ms: int) -> None:
    enrolled = _enroll(client, invite).json or {}
    from wakeful_collector.store import agents

    with closing(database.writer(data, "state")) as connection:
        agents.set_tuning(connection, enrolled["agent_id"], {"meters": {f"m{n}": {"interval": 5} for n in range(200)}})
    answer = _push(client, enrolled["token"], _document(now_ms, series=SERIES), **{"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(answer.data))["config"]["meters"]) == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b'{"invite": 5}', 422),
        (b'{"invite": "wk_inv_x", "name": "a\\u0000b"}', 422),
        (b"x" * 70_000, 413),
    ],
)
def test_bad_enrolments_are_refused(client: Client, body: bytes, status: int) -> None:
    answer = client.post("/api/v1/enroll", data=body)
    assert answer.status_code == status
    assert set(answer.json or {}) == {"error", "message"}


def test_a_worthless_invite_is_refused(client: Client, invite: str) -> None:
    answer = _enroll(client, "wk_inv_wrong")
    assert (answer.status_code, (answer.json or {})["error"]) == (403, "invite_unknown")
    assert _enroll(client, invite, public_key="short").status_code == 422


def test_guessing_invites_is_slowed_down_for_the_guesser_alone(client: Client, invite: str, frozen: list[int]) -> None:
    statuses = [_enroll(client, f"wk_inv_{number}").status_code for number in range(40)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    other = client.post("/api/v1/enroll", data=b"{}", environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
    assert other.status_code == 422
    frozen[0] += 60_000
    assert _enroll(client, invite).status_code == 200


def test_the_address_behind_a_declared_proxy_counts(
    settings: Settings, frozen: list[int], invite: str, data: Path
) -> None:
    api = wsgi.create_application(replace(settings, trusted_proxies=("127.0.0.1",)))
    said = {"invite": invite, "name": "web-1", "version": "1", "public_key": KEY, "machine_id": ""}
    answer = Client(api).post(
        "/api/v1/enroll",
        json=said,
        headers={"X-Forwarded-For": "198.51.100.4"},
        environ_overrides={"REMOTE_ADDR": "127.0.0.1"},
    )
    api.door.close()
    assert answer.status_code == 200
    row = database.reader(data, "state").execute("SELECT address FROM audit").fetchone()
    assert row[0] == "198.51.100.4"


def test_a_store_that_cannot_write_is_503(
    client: Client, invite: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with closing(database.writer(data, "state")) as other, database.transaction(other):
        answer = _enroll(client, invite)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("path", ["push", "enroll"])
def test_what_nobody_thought_of_is_answered_in_words_and_logged(
    settings: Settings, frozen: list[int], caplog: pytest.LogCaptureFixture, path: str
) -> None:
    api = wsgi.create_application(settings)
    api.door.close()
    del api.door
    answer = Client(api).post(f"/api/v1/{path}", data=b"{", headers={"Content-Encoding": "odd"})
    assert (answer.status_code, answer.json) == (
        500,
        {"error": "internal", "message": "the collector's own log says what went wrong"},
    )
    assert "AttributeError" in caplog.text
