from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.transport.spool import Head, Spool, name_of, on_disk, read_name
from wakeful_wire import packing

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "0" * 32
DAY_MS = 86_400_000


def spool_at(folder: Path, bytes_max: int = 1 << 30, age_ms_max: int = DAY_MS) -> Spool:
    return Spool(str(folder / "spool"), bytes_max, age_ms_max)


def put(spool: Spool, number: int, now_ms: int | None = None, schema: str = SCHEMA) -> None:
    time_ms = 1_000_000 + number
    spool.put(Head(time_ms, "run12345", number, schema), packing.pack({"sequence": number}), now_ms or time_ms)


def sequences(spool: Spool) -> list[int]:
    found = []
    while (entry := spool.oldest()) is not None:
        content = spool.read(entry)
        assert content is not None
        assert packing.parse_json(packing.inflate(content)) == {"sequence": entry.sequence}
        found.append(entry.sequence)
        spool.done(entry)
    return found


def test_pushes_come_out_oldest_first_and_survive_a_restart(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    for number in range(12):
        put(spool, number)
    assert spool.newest().sequence == 11
    again = spool_at(tmp_path)
    assert len(again) == 12
    assert again.size_bytes == spool.size_bytes == 12 * 4096
    assert again.age_seconds(1_000_000 + 2000) == 2.0
    assert sequences(again) == list(range(12))
    assert again.size_bytes == 0
    assert again.age_seconds(5) == 0.0
    assert again.newest() is None
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["aside"]


def test_a_name_says_everything(tmp_path: Path) -> None:
    name = name_of(Head(5, "run", 7, SCHEMA))
    entry = read_name(name, 4097)
    assert (entry.time_ms, entry.sequence, entry.schema, entry.size_bytes) == (5, 7, SCHEMA, 8192)
    assert read_name("x.push", 1) is None
    assert read_name("a.b.run.schema.push", 1) is None
    assert on_disk(0) == 0


def test_the_bound_in_bytes_drops_the_oldest_and_counts(tmp_path: Path) -> None:
    spool = spool_at(tmp_path, bytes_max=3 * 4096)
    for number in range(5):
        put(spool, number)
    assert spool.dropped == 2
    assert sequences(spool) == [2, 3, 4]


def test_the_bound_in_age_drops_the_oldest_but_never_the_newest(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    put(spool, 0)
    put(spool, 1)
    put(spool, 2, now_ms=1_000_000 + 2 * DAY_MS)
    assert spool.dropped == 2
    assert sequences(spool) == [2]


@pytest.mark.parametrize("spoil", [lambda b: b[:10], lambda b: b"", lambda b: b[:-8] + b"12345678", lambda b: b"{}"])
def test_a_spoiled_file_is_set_aside_and_the_rest_goes_on(tmp_path: Path, spoil: Any) -> None:
    spool = spool_at(tmp_path)
    put(spool, 0)
    put(spool, 1)
    first = tmp_path / "spool" / spool.oldest().name
    first.write_bytes(spoil(first.read_bytes()))
    again = spool_at(tmp_path)
    assert again.read(again.oldest()) is None
    assert again.set_aside == 1
    assert sequences(again) == [1]
    assert [path.name for path in (tmp_path / "spool" / "aside").iterdir()] == [first.name]


def test_a_passing_trouble_while_reading_costs_no_push(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    put(spool, 0)
    put(spool, 1)
    first = tmp_path / "spool" / spool.oldest().name
    content = first.read_bytes()
    first.unlink()
    first.mkdir()  # reading it is an OSError that says nothing about its content
    for _ in range(4):
        with pytest.raises(OSError, match="directory"):
            spool.read(spool.oldest())
    first.rmdir()
    first.write_bytes(content)
    assert spool.read(spool.oldest()) == content
    first.unlink()
    first.mkdir()
    assert spool.read(spool.oldest()) is None
    assert spool.set_aside == 1
    assert sequences(spool) == [1]


def test_a_file_somebody_took_away_is_forgotten(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    put(spool, 0)
    entry = spool.oldest()
    (tmp_path / "spool" / entry.name).unlink()
    assert spool.read(entry) is None
    assert (len(spool), spool.set_aside, spool.size_bytes) == (0, 0, 0)
    spool.done(entry)
    spool.put_aside(entry)
    assert spool.size_bytes == 0


def test_what_does_not_belong_here_is_set_aside_at_start(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "nonsense.push").write_text("x")
    (folder / "half.push.temp").write_text("x")
    (folder / f"schema-{SCHEMA}.temp").write_text("x")
    (folder / "folder").mkdir()
    spool = spool_at(tmp_path)
    assert spool.set_aside == 1
    assert sorted(path.name for path in folder.iterdir()) == ["aside", "folder"]
    assert [path.name for path in (folder / "aside").iterdir()] == ["nonsense.push"]


def test_what_lies_aside_is_bounded(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    for number in range(55):
        put(spool, number)
        spool.put_aside(spool.oldest())
    assert spool.set_aside == 55
    kept = sorted(path.name for path in (tmp_path / "spool" / "aside").iterdir())
    assert len(kept) == 50
    assert read_name(kept[0], 1).sequence == 5


def test_a_series_list_is_kept_while_a_push_needs_it(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    old, new = "a" * 32, "b" * 32
    spool.put_schema(old, [["x", {}]])
    put(spool, 0, schema=old)
    spool.put_schema(new, [["y", {}]])
    put(spool, 1, schema=new)
    again = spool_at(tmp_path)
    assert again.schema(old) == [["x", {}]]
    assert again.schema(new) == [["y", {}]]
    assert again.schema("c" * 32) is None
    assert sequences(again) == [0, 1]
    assert again.schema(old) is None
    assert again.schema(new) is None


def test_the_current_series_list_stays_when_the_spool_is_empty(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    spool.put_schema(SCHEMA, [["x", {}]])
    put(spool, 0)
    assert sequences(spool) == [0]
    assert spool.schema(SCHEMA) == [["x", {}]]
    assert (tmp_path / "spool" / f"schema-{SCHEMA}").exists()


def test_a_series_list_that_is_none_is_not_there(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    (tmp_path / "spool" / f"schema-{SCHEMA}").write_bytes(packing.pack({"no": "list"}))
    assert spool.schema(SCHEMA) is None
    (tmp_path / "spool" / f"schema-{SCHEMA}").write_bytes(b"spoiled")
    assert spool.schema(SCHEMA) is None


def test_a_disk_that_takes_nothing_costs_no_push_at_first(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    put(spool, 0)
    moved = tmp_path / "moved"
    (tmp_path / "spool").rename(moved)
    spool.put_schema(SCHEMA, [["x", {}]])
    for number in range(1, 70):
        put(spool, number)
    assert "cannot be written" in spool.trouble
    assert spool.dropped == 9
    moved.rename(tmp_path / "spool")
    put(spool, 70)
    assert spool.trouble == ""
    assert spool.schema(SCHEMA) == [["x", {}]]
    assert spool_at(tmp_path).schema(SCHEMA) == [["x", {}]], "the disk has it as soon as it takes something"
    assert sequences(spool) == [0, *range(10, 71)]


WRITER = """
import sys, time
from wakeful_agent.transport.spool import Head, Spool
from wakeful_wire import packing
spool = Spool(sys.argv[1], 1 << 30, 1 << 60)
number = int(sys.argv[2])
while True:
    spool.put(Head(1000000 + number, "run12345", number, "0" * 32), packing.pack({"sequence": number}), 0)
    print(number, flush=True)
    number += 1
"""


def test_kill_9_at_any_moment_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    kept = -1
    for turn in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "spool"), str(kept + 1)], stdout=subprocess.PIPE, text=True
        )
        lines = [process.stdout.readline()]
        time.sleep(0.01 + turn * 0.013)
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.read().splitlines()
        process.wait()
        kept = max(kept, *(int(line) for line in lines if line.strip()))
        found = spool_at(tmp_path)
        assert found.set_aside == 0
        assert len(found) >= kept + 1
        kept = found.newest().sequence
        assert not list((tmp_path / "spool").glob("*.temp"))
    assert sequences(spool_at(tmp_path)) == list(range(kept + 1))


def report(spool: Spool, number: int, reports: int) -> None:
    spool.put(Head(1_000_000 + number, "run12345", number, SCHEMA), packing.pack({}), 1_000_000 + number, reports)


def test_what_was_dropped_is_owed_until_a_push_that_says_so_was_accepted(tmp_path: Path) -> None:
    spool = spool_at(tmp_path, bytes_max=2 * 4096)
    for number in range(4):
        put(spool, number)
    assert spool.unreported == 2
    report(spool, 4, 2)
    assert spool.unreported == 0
    put(spool, 5)
    put(spool, 6)  # drops the push that tells
    assert (spool.dropped, spool.unreported) == (5, 5)
    again = spool_at(tmp_path, bytes_max=2 * 4096)
    assert again.unreported == 5
    report(again, 7, 5)
    again.done(again.newest())
    assert again.unreported == 1
    assert spool_at(tmp_path).unreported == 1


def test_a_report_that_was_set_aside_is_owed_again(tmp_path: Path) -> None:
    spool = spool_at(tmp_path, bytes_max=4096)
    put(spool, 0)
    put(spool, 1)
    report(spool, 2, 1)
    spool.put_aside(spool.newest())
    assert spool.unreported == 2


def test_a_count_that_cannot_be_read_or_written_is_kept_in_memory(tmp_path: Path) -> None:
    spool = spool_at(tmp_path, bytes_max=4096)
    (tmp_path / "spool" / "dropped").mkdir()
    put(spool, 0)
    put(spool, 1)
    assert spool.unreported == 1
    assert spool_at(tmp_path).unreported == 0


def test_two_threads_that_count_do_not_spoil_the_count(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    threads = [threading.Thread(target=lambda: [spool._owe(1) for _ in range(40)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (spool.unreported, spool_at(tmp_path).unreported) == (160, 160)


def test_some_can_be_passed_over(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    for number in range(3):
        put(spool, number)
    names = sorted(spool.names())
    assert spool.oldest(set(names[:2])).name == names[2]
    assert spool.oldest(set(names)) is None
