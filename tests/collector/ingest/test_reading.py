from __future__ import annotations

import json
from typing import Any

import pytest

from wakeful_collector.ingest.reading import Reading, read_push
from wakeful_wire import limits
from wakeful_wire.errors import WireError
from wakeful_wire.schema import parse_series, schema_hash

SERIES = [["system.cpu.utilization", {}], ["system.memory.usage", {"state": "used"}]]
SCHEMA = schema_hash(parse_series(SERIES))
NOW_MS = 1_795_000_000_000


def _document(**changed: Any) -> dict[str, Any]:
    document = {"wire": 1, "run": "run-00001", "sequence": 5, "schema": SCHEMA, "ticks": [[NOW_MS, [1, 2.5]]]}
    return {key: value for key, value in {**document, **changed}.items() if value is not ...}


def _read(content: bytes | dict[str, Any], now_ms: int = NOW_MS) -> Reading:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_push(text, {SCHEMA: 2}.get, now_ms)


def test_bare_ticks_take_the_quick_path_and_mean_the_same() -> None:
    quick = _read(_document())
    slow = _read(_document(meters={}, unknown="field"))
    assert quick.side is None
    assert quick == slow._replace(ticks=[(one[0], list(one[1])) for one in slow.ticks])


def test_the_digest_tells_other_content_apart_but_not_series_and_hello() -> None:
    bare = _read(_document())
    assert _read(_document(series=SERIES, hello={"name": "x"})).digest == bare.digest
    others = [
        _read(_document(ticks=[[NOW_MS, [1, 2.6]]])),
        _read(_document(meters={"cpu": {"outcome": "ok"}})),
        _read(_document(inventories={"ports": {"hash": "h"}})),
        _read(_document(events=[{"id": "a", "at": 1, "kind": "agent.started"}])),
    ]
    assert len({one.digest for one in [bare, *others]}) == 5


DEEP: Any = "x"
for _ in range(40):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "not_json"),
        (b"{", 400, "not_json"),
        (b"\xff\xfe", 400, "not_json"),
        (b"[" * 3_000, 400, "not_json"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "not_json"),
        (b"[" + b"0," * (limits.ITEMS_MAX + 1) + b"0]", 413, "too_many"),
        (b'{"wire": 1, "ticks": [[1, [NaN]]]}', 400, "not_json"),
        (b'{"wire": 1, "ticks": [[1, [Infinity]]]}', 400, "not_json"),
        (b"[]", 422, "invalid"),
        (_document(wire=2), 422, "unknown_wire"),
        (_document(wire="1"), 422, "unknown_wire"),
        (_document(wire=True), 422, "unknown_wire"),
        (_document(run="short"), 422, "invalid"),
        (_document(run="../../etc/passwd"), 422, "invalid"),
        (_document(run=7), 422, "invalid"),
        (_document(sequence=-1), 422, "out_of_range"),
        (_document(sequence=2**60), 422, "out_of_range"),
        (_document(sequence=1.5), 422, "invalid"),
        (_document(sequence="1"), 422, "invalid"),
        (_document(schema="x" * 32), 422, "invalid"),
        (_document(schema=None), 422, "invalid"),
        (_document(schema="0" * 32), 409, "unknown_schema"),
        (_document(schema="0" * 32, events=[]), 409, "unknown_schema"),
        (_document(schema="0" * 32, series=SERIES), 422, "schema_mismatch"),
        (_document(series=[*SERIES, SERIES[0]]), 422, "duplicate_series"),
        (_document(series=[["x", {}]] * 100_000), 413, "too_many_series"),
        (_document(series=[["x" * 10_000, {}]]), 422, "too_long"),
        (_document(series=[["x", {"a": "y" * 10_000}]]), 422, "too_long"),
        (_document(series=[["x\x00y", {}]]), 422, "invalid"),
        (_document(ticks={}), 422, "invalid"),
        (_document(ticks=[[NOW_MS, [1]]]), 422, "wrong_width"),
        (_document(ticks=[[NOW_MS, [1, 2, 3]]]), 422, "wrong_width"),
        (_document(ticks=[[NOW_MS, [1, 2, 3]]], meters={}), 422, "wrong_width"),
        (_document(ticks=[[NOW_MS, [1, "2"]]]), 422, "invalid"),
        (_document(ticks=[[NOW_MS, [1, True]]]), 422, "invalid"),
        (_document(ticks=[[NOW_MS, [1, 10**400]]]), 422, "not_finite"),
        (_document(ticks=[[NOW_MS + 0.5, [1, 2]]]), 422, "invalid"),
        (_document(ticks=[[NOW_MS, [1, 2], 3]]), 422, "invalid"),
        (_document(ticks=[[NOW_MS, [1, 2]], [NOW_MS, [1, 2]]]), 422, "ticks_out_of_order"),
        (_document(ticks=[[NOW_MS, [1, 2]], [NOW_MS - 1, [1, 2]]]), 422, "ticks_out_of_order"),
        (_document(ticks=[[-5, [1, 2]]]), 422, "out_of_range"),
        (_document(ticks=[[10**14, [1, 2]]]), 422, "out_of_range"),
        (_document(ticks=[[NOW_MS + number, [1, 2]] for number in range(limits.TICKS_MAX + 1)]), 422, "too_many"),
        (_document(ticks=[[NOW_MS + 601_000, [1, 2]]]), 422, "clock_ahead"),
        (_document(ticks=[[NOW_MS - 31 * 86_400_000, [1, 2]]]), 422, "too_old"),
        (_document(surplus=DEEP), 422, "too_deep"),
        (_document(hello={"name": 7}), 422, "invalid"),
        (_document(events=[{"id": "a"}]), 422, "invalid"),
        (_document(inventories={"a": {"hash": "h", "body": "\ud800"}}), 422, "invalid"),
        (b'{"wire":1,"run":"run-00001","sequence":1,"schema":"%s","inventories":{"a":{"hash":"h","body":1e999}}}'
         % SCHEMA.encode(), 422, "not_finite"),
    ],
)  # fmt: skip
def test_what_is_not_acceptable_is_named(content: bytes | dict[str, Any], status: int, code: str) -> None:
    with pytest.raises(WireError) as caught:
        _read(content)
    assert (caught.value.status, caught.value.code) == (status, code), caught.value.message


@pytest.mark.parametrize(
    "kind", ["command.requested", "command.done", "host.silent", "host.renamed", "gateway.well", "proxmox.well"]
)
def test_what_only_the_collector_tells_is_taken_from_no_agent(kind: str) -> None:
    told = {"id": "e-1", "at": NOW_MS, "kind": kind, "subject": "wipe", "data": {"by": "user:ada"}}
    with pytest.raises(WireError, match="told by the collector") as caught:
        _read(_document(events=[{**told, "kind": "watch.down"}, told]))
    assert caught.value.status == 422


def test_a_push_without_ticks_is_fine() -> None:
    assert list(_read(_document(ticks=...)).ticks) == []


def test_a_row_for_each_tick_and_null_for_what_was_not_read() -> None:
    reading = _read(_document(ticks=[[NOW_MS - 1, [None, 1]], [NOW_MS, [2, None]]]))
    assert [(one[0], list(one[1])) for one in reading.ticks] == [(NOW_MS - 1, [None, 1]), (NOW_MS, [2, None])]


def test_hostile_text_is_kept_as_it_is() -> None:
    series = [["<script>alert(1)</script>", {"x": "'; DROP TABLE hot; --", "y": "../../etc/passwd"}]]
    document = _document(series=series, schema=schema_hash(parse_series(series)), ticks=[[NOW_MS, [1]]])
    reading = _read(document)
    assert reading.series is not None
    assert reading.series[0].name == "<script>alert(1)</script>"
