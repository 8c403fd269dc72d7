from __future__ import annotations

import base64
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.enrolment import enroll, hash_token, new_invite
from wakeful_collector.read import events, hosts
from wakeful_collector.store import database, invites
from wakeful_wire.enroll import EnrollRequest
from wakeful_wire.errors import WireError

if TYPE_CHECKING:
    from pathlib import Path

KEY = base64.b64encode(bytes(32)).decode()


def _invite(data: Path, now_ms: int, uses: int = 1) -> tuple[str, str]:
    text, digest = new_invite()
    with closing(database.writer(data, "state")) as connection:
        return text, invites.add_invite(connection, digest, now_ms + 1_000, uses, ["prod"], "ada", now_ms)


def _request(invite: str, name: str = "web-1", key: str = KEY) -> EnrollRequest:
    return EnrollRequest(invite, name, "machine", "0.1.0", key)


def test_an_invite_buys_an_identity(data: Path, now_ms: int) -> None:
    text, _ = _invite(data, now_ms)
    answer = enroll(data, _request(text, "<img src=x>"), "192.0.2.7", now_ms)
    (host,) = hosts.hosts(data)
    assert (host.id, host.name, host.tags, host.enrolled_ms) == (answer.agent_id, "<img src=x>", ("prod",), now_ms)
    assert [event.kind for event in events.events(data, host.key).events] == ["host.enrolled"]
    row = database.reader(data, "state").execute("SELECT principal, address, operation FROM audit").fetchone()
    assert tuple(row) == (f"agent:{answer.agent_id}", "192.0.2.7", "host.enrol")


def test_no_secret_is_stored(data: Path, now_ms: int) -> None:
    text, _ = _invite(data, now_ms)
    token = enroll(data, _request(text), "", now_ms).token
    stored = b"".join(path.read_bytes() for path in data.glob("state.db*"))
    assert hash_token(token).encode() in stored
    assert text.encode() not in stored
    assert token.encode() not in stored


def _code(data: Path, text: str, now_ms: int) -> tuple[str, int]:
    with pytest.raises(WireError) as caught:
        enroll(data, _request(text), "", now_ms)
    return caught.value.code, caught.value.status


def test_a_worthless_invite_buys_nothing_and_says_why(data: Path, now_ms: int) -> None:
    text, invite_id = _invite(data, now_ms, uses=2)
    assert _code(data, "wk_inv_unknown", now_ms) == ("invite_unknown", 403)
    assert _code(data, text, now_ms + 1_000) == ("invite_expired", 403)
    enroll(data, _request(text), "", now_ms)
    enroll(data, _request(text), "", now_ms)
    assert _code(data, text, now_ms) == ("invite_spent", 403)
    with closing(database.writer(data, "state")) as connection:
        invites.revoke_invite(connection, invite_id, now_ms)
    assert _code(data, text, now_ms) == ("invite_revoked", 403)
    assert len(hosts.hosts(data)) == 2


@pytest.mark.parametrize("key", ["x", "AAAA", base64.b64encode(bytes(31)).decode(), "=" * 44, "\u00e4" * 44])
def test_a_key_that_is_none_spends_no_invite(data: Path, now_ms: int, key: str) -> None:
    text, _ = _invite(data, now_ms)
    with pytest.raises(WireError) as caught:
        enroll(data, _request(text, key=key), "", now_ms)
    assert caught.value.status == 422
    assert hosts.invites(data)[0].spent == 0


def test_two_machines_at_once_cannot_share_one_use(data: Path, now_ms: int) -> None:
    text, _ = _invite(data, now_ms)
    outcomes: list[str] = []

    def attempt() -> None:
        try:
            enroll(data, _request(text), "", now_ms)
            outcomes.append("in")
        except WireError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", *["invite_spent"] * 7]
    assert len(hosts.hosts(data)) == 1
