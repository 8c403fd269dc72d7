"""A change is kept whole or not at all."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.model.store_errors import DatabaseMissing
from wakeful_collector.read import people as read
from wakeful_collector.store import changes, database, gateway_limits, people
from wakeful_collector.store.changes import WRITERS_MAX, changing, changing_gateway
from wakeful_collector.store.gateway_limits import Limit

if TYPE_CHECKING:
    from pathlib import Path


def test_what_ends_well_is_kept(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        people.add_user(connection, "ada", None, "read", now_ms)
    assert [user.name for user in read.users(data)] == ["ada"]


def _fail(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        people.add_user(connection, "ada", None, "read", now_ms)
        raise KeyError


def test_what_raises_is_undone(data: Path, now_ms: int) -> None:
    with pytest.raises(KeyError):
        _fail(data, now_ms)
    assert read.users(data) == []


def test_no_database_is_said_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing), changing(tmp_path):
        pass


def _keep(data: Path, key: str) -> None:
    with changing_gateway(data) as connection:
        gateway_limits.keep(connection, Limit(key))


def _keys(data: Path) -> list[str]:
    return [one.key for one in gateway_limits.all_of(database.reader(data, "gateway"))]


def test_a_change_of_the_gateway_is_kept_whole_or_not_at_all(data: Path) -> None:
    def fail() -> None:
        with changing_gateway(data) as connection:
            gateway_limits.keep(connection, Limit("b"))
            raise KeyError

    _keep(data, "a")
    with pytest.raises(KeyError):
        fail()
    _keep(data, "c")
    assert _keys(data) == ["a", "c"]


def test_many_threads_share_one_writer_of_the_gateway(data: Path) -> None:
    seen: set[int] = set()

    def write(number: int) -> None:
        for at in range(20):
            with changing_gateway(data) as connection:
                seen.add(id(connection))
                gateway_limits.keep(connection, Limit(f"{number}-{at}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1
    assert len(_keys(data)) == 160


def test_a_gateway_that_was_restored_is_opened_anew(data: Path, blank_data: Path) -> None:
    _keep(data, "before")
    for suffix in ("", "-wal", "-shm"):
        (data / f"gateway.db{suffix}").unlink(missing_ok=True)
    with pytest.raises(DatabaseMissing):
        _keep(data, "nowhere")
    shutil.copy(blank_data / "gateway.db", data / "gateway.db")
    _keep(data, "after")
    assert _keys(data) == ["after"]


def test_a_child_has_a_writer_of_its_own_also_when_it_was_forked_in_the_middle_of_a_change(data: Path) -> None:
    _keep(data, "parent")
    with changing_gateway(data) as connection:
        gateway_limits.keep(connection, Limit("held"))
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            try:
                os._exit(0 if not changes._writers else 1)
            finally:
                os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _keys(data) == ["held", "parent"]


def test_writers_of_many_folders_are_not_all_kept(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(WRITERS_MAX + 3)]
    for folder in folders:
        database.create(folder)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        for folder in folders:
            _keep(folder, "key")
            assert _keys(folder) == ["key"]
    assert len(changes._writers) == WRITERS_MAX
    assert len(os.listdir("/proc/self/fd")) - before < 4 * (WRITERS_MAX + 8)
