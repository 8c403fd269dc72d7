"""The push door under a hail of pushes: fine ones are taken exactly once, spoiled ones refused, nothing is a 500."""

from __future__ import annotations

import gzip
import itertools
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from wakeful_collector import wsgi
from wakeful_collector.enrolment import hash_token
from wakeful_collector.store import agents, database
from wakeful_wire.schema import parse_series, schema_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wakeful_collector.config import Settings

TOKEN = "wk_agt_fuzz"
LINE = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp", "Cf")), min_size=1, max_size=20)
LEAF = (
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | LINE
)
TREE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINE, inner, max_size=3), max_leaves=8
)
VALUE = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63)
_runs = itertools.count()


@st.composite
def pushes(draw: st.DrawFn, now_ms: int = 1_795_000_000_000) -> dict[str, Any]:
    """A push that an agent might send, of a run that nobody had before."""
    series = draw(
        st.lists(st.tuples(LINE, st.dictionaries(LINE, LINE, max_size=3)), min_size=1, max_size=5, unique_by=repr)
    )
    listed = [[name, labels] for name, labels in series]
    offsets = sorted(draw(st.sets(st.integers(0, 10_000_000), max_size=4)))
    document: dict[str, Any] = {
        "wire": 1,
        "run": f"run-{next(_runs):08d}",
        "sequence": draw(st.integers(0, 2**50)),
        "schema": schema_hash(parse_series(listed)),
        "series": listed,
        "ticks": [[now_ms - offsets[-1] + at, draw(st.tuples(*[VALUE] * len(listed)))] for at in offsets],
    }
    if draw(st.booleans()):
        document["hello"] = draw(st.fixed_dictionaries({}, optional={"name": LINE, "version": LINE, "extra": TREE}))
    if draw(st.booleans()):
        outcome = st.fixed_dictionaries({"outcome": st.sampled_from(["ok", "failed"])}, optional={"error": LINE})
        document["meters"] = draw(st.dictionaries(LINE, outcome, max_size=3))
    if draw(st.booleans()):
        inventory = st.fixed_dictionaries({"hash": LINE}, optional={"body": TREE})
        document["inventories"] = draw(st.dictionaries(LINE, inventory, max_size=3))
    if draw(st.booleans()):
        event = {"id": LINE, "at": st.just(now_ms), "kind": LINE, "data": st.dictionaries(LINE, TREE, max_size=2)}
        document["events"] = draw(st.lists(st.fixed_dictionaries(event), max_size=3))
    return document


@pytest.fixture
def client(settings: Settings, frozen: list[int], data: Path) -> Iterator[Client]:
    api = wsgi.create_application(settings)
    api.door.pushes.burst = api.door.pushes.per_second = 1e9
    for bucket in (api.door.allowances._runs, api.door.allowances._series):
        bucket.burst = bucket.per_second = 1e9
    with closing(database.writer(data, "state")) as connection:
        agents.add(connection, "fuzz", agents.Newcomer("fuzz", hash_token(TOKEN)), 0)
    yield Client(api)
    api.door.close()


def _post(client: Client, body: bytes) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Encoding": "gzip"}
    answer = client.post("/api/v1/push", data=body, headers=headers)
    found = json.loads(answer.data)
    if answer.status_code != 200:
        assert set(found) == {"error", "message"}
    return answer.status_code, found


def _pack(document: Any) -> bytes:
    return gzip.compress(json.dumps(document).encode(), 1)


FUZZ = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@FUZZ
@given(push=pushes())
def test_a_push_an_agent_might_send_is_taken_exactly_once(client: Client, data: Path, push: dict[str, Any]) -> None:
    for _ in range(2):
        status, answer = _post(client, _pack(push))
        assert (status, answer.get("sequence")) == (200, push["sequence"]), answer
    rows = database.reader(data, "samples").execute("SELECT count(*) FROM hot WHERE run = ?", (push["run"],))
    assert rows.fetchone()[0] == (1 if push["ticks"] else 0)


@FUZZ
@given(push=pushes(), junk=TREE, chance=st.randoms(use_true_random=False))
def test_a_push_with_a_field_of_junk_is_answered_plainly(
    client: Client, push: dict[str, Any], junk: Any, chance: Any
) -> None:
    spot: Any = push
    while True:
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        if not keys:
            break
        key = chance.choice(keys)
        if isinstance(spot[key], (dict, list)) and spot[key] and chance.random() < 0.6:
            spot = spot[key]
            continue
        if isinstance(spot, (dict, list)):
            spot[key] = junk
        break
    assert _post(client, _pack(push))[0] in {200, 409, 413, 422}


@FUZZ
@given(push=pushes(), spots=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_are_answered_plainly(
    client: Client, push: dict[str, Any], spots: list[tuple[float, int]]
) -> None:
    for packed_first in (True, False):
        body = bytearray(_pack(push) if packed_first else json.dumps(push).encode())
        for where, value in spots:
            body[int(where * (len(body) - 1))] = value
        sent = bytes(body) if packed_first else gzip.compress(bytes(body), 1)
        assert _post(client, sent)[0] in {200, 400, 409, 413, 422}


@FUZZ
@given(body=st.binary(max_size=300), packed=st.booleans())
def test_bytes_that_are_no_push_are_answered_plainly(client: Client, body: bytes, packed: bool) -> None:
    assert _post(client, gzip.compress(body) if packed else body)[0] in {400, 413, 422}
