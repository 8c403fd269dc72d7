from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import commands
from wakeful_collector.ingest import accepting
from wakeful_collector.model.store_errors import StoreBusy
from wakeful_collector.read import events, hosts, traffic
from wakeful_collector.store import database, room
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.ingest.door import Door


@pytest.fixture
def full_disk(data: Path, door: Door, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Set [0] to let no database grow any further: SQLite itself then says that it is full."""
    full = [False]
    original = door._acceptance._writer

    def writer(family: Any) -> sqlite3.Connection:
        connection = original(family)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages if full[0] else 2**30}")
        return connection

    monkeypatch.setattr(door._acceptance, "_writer", writer)
    return full


def test_a_full_disk_is_answered_503_and_reads_go_on(
    pusher: Any, data: Path, now_ms: int, full_disk: list[bool], caplog: pytest.LogCaptureFixture
) -> None:
    full_disk[0] = True
    replies = []
    for sequence in range(1, 200):
        push = pusher.document(sequence, [[now_ms + sequence * 1_000 + at, [1.5, 2.5]] for at in range(200)])
        replies.append(pusher.send(push, now_ms + 200_000))
        if replies[-1].status != 200:
            break
    assert replies[-1][::2] + replies[-1][3:] == (503, 60, "store_full")
    taken = len(replies) - 1
    assert traffic.condition(data).full_since_ms == now_ms + 200_000
    assert [host.id for host in hosts.hosts(data)] == [pusher.id]
    assert events.events(data).events
    assert pusher.send(push, now_ms + 200_001).status == 503
    said = [record for record in caplog.records if "disk is full; free" in record.getMessage()]
    assert len(said) == 1
    full_disk[0] = False
    again = pusher.document(taken + 1, [[now_ms + 400_000, [1, 2]]])
    assert pusher.send(again, now_ms + 300_000).status == 200
    assert traffic.condition(data).full_since_ms is None
    (rows,) = database.reader(data, "samples").execute("SELECT count(*) FROM hot").fetchone()
    assert rows == 1 + taken + 1


def test_a_clock_that_is_set_back_silences_no_count(pusher: Any, data: Path, now_ms: int) -> None:
    """What says when a push came last, and what was counted, does not wait until the clock is where it was."""
    hour_ms = 3_600_000
    assert pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms).status == 200
    assert pusher.send(pusher.document(2, [[now_ms - hour_ms, [1, 2]]]), now_ms - hour_ms).status == 200
    assert room.look(data)[1] == now_ms - hour_ms


def test_one_push_that_cannot_be_kept_does_not_hurt_the_others(
    pusher: Any, door: Door, now_ms: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agent = door.authenticate(f"Bearer {pusher.token}", now_ms)
    group = [door.admit(agent, _bytes(pusher, sequence, now_ms), "", now_ms, lambda _: None) for sequence in (1, 2, 3)]
    original = accepting.samples.append

    def append(connection: Any, push: Any, at_ms: int) -> Any:
        if push.sequence == 2:
            raise ZeroDivisionError
        return original(connection, push, at_ms)

    monkeypatch.setattr(accepting.samples, "append", append)
    door._acceptance.accept(group)
    replies = [door.reply(taken).status for taken in group]
    assert replies == [200, 503, 200]
    assert [record.levelno for record in caplog.records if "could not be kept" in record.getMessage()] == [
        logging.ERROR
    ]


def test_a_database_that_was_replaced_is_written_to(pusher: Any, data: Path, now_ms: int) -> None:
    with closing(sqlite3.connect(data / "samples.db")) as old, closing(sqlite3.connect(data / "copy.db")) as copy:
        old.backup(copy)
    for path in data.glob("samples.db*"):
        path.unlink()
    (data / "copy.db").rename(data / "samples.db")
    with closing(sqlite3.connect(data / "samples.db")) as fresh:
        fresh.execute("PRAGMA journal_mode=WAL")
    assert pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms).status == 200
    with closing(sqlite3.connect(data / "samples.db")) as fresh:
        assert fresh.execute("SELECT count(*) FROM hot").fetchone() == (2,)


def test_a_busy_store_is_said_to_be_busy(pusher: Any, data: Path, door: Door, now_ms: int) -> None:
    door._acceptance._writer("samples").execute("PRAGMA busy_timeout=50")
    with closing(database.writer(data, "samples")) as other, database.transaction(other):
        reply = pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms)
    assert (reply.status, reply.code, reply.retry_seconds) == (503, "store_busy", 5)
    assert pusher.send(pusher.document(1, [[now_ms, [1, 2]]]), now_ms).status == 200


def _bytes(pusher: Any, sequence: int, now_ms: int) -> bytes:
    import json

    return json.dumps(pusher.document(sequence, [[now_ms + sequence, [1, 2]]])).encode()


def test_commands_that_cannot_be_claimed_now_go_with_a_later_answer(
    pusher: Any, data: Path, door: Door, now_ms: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hello = {"name": "web-1", "actions": [{"name": "wake"}]}
    assert pusher.send(pusher.document(1, [[now_ms, [1, 2]]], hello=hello), now_ms).status == 200
    with changing(data) as connection:
        asked = commands.ask(connection, commands.Wish(pusher.id, "wake", {}, "user:ada"), now_ms).command

    def busy(*_: Any) -> Any:
        raise StoreBusy("another writer")

    with monkeypatch.context() as patched:
        patched.setattr(accepting.commands, "hand_out", busy)
        reply = pusher.send(pusher.document(2, [[now_ms + 1, [1, 2]]]), now_ms)
    assert (reply.status, "commands" in json.loads(reply.body)) == (200, False)
    assert "commands could not be handed out" in caplog.text
    reply = pusher.send(pusher.document(3, [[now_ms + 2, [1, 2]]]), now_ms)
    assert [one["id"] for one in json.loads(reply.body)["commands"]] == [asked.id]
