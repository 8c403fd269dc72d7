"""The wire's own shapes: whole pushes as hypothesis strategies, and a small one to spoil field by field."""

from __future__ import annotations

import copy
from typing import Any, Callable

import pytest
from hypothesis import strategies as st

from wakeful_wire import WIRE, limits
from wakeful_wire.push import OUTCOMES, RESULT_STATES
from wakeful_wire.schema import Series, schema_hash, series

WORDS = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40)
TEXTS = st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=200)
IDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=8, max_size=64)
VALUES = st.none() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=8
)
MAPPINGS = st.dictionaries(WORDS, DOCUMENTS, max_size=3)
SERIES = st.lists(
    st.builds(
        lambda name, labels: Series(name, tuple(sorted(labels.items()))),
        WORDS,
        st.dictionaries(WORDS, TEXTS, max_size=3),
    ),
    max_size=6,
    unique=True,
)
TIMES = st.integers(0, limits.TIME_MS_MAX)


@st.composite
def push_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any push an agent could send."""
    columns = draw(SERIES)
    times = sorted(draw(st.lists(TIMES, max_size=4, unique=True)))
    row = st.lists(VALUES, min_size=len(columns), max_size=len(columns))
    document: dict[str, Any] = {
        "wire": WIRE,
        "run": draw(IDS),
        "sequence": draw(st.integers(0, limits.SEQUENCE_MAX)),
        "schema": schema_hash(columns),
        "ticks": [[time_ms, draw(row)] for time_ms in times],
    }
    if draw(st.booleans()):
        document["series"] = [column.document() for column in columns]
    parts = {
        "hello": st.fixed_dictionaries(
            {"version": WORDS, "name": WORDS, "uname": MAPPINGS, "interval": st.integers(1, 3600)},
            optional={"boot_time_ms": TIMES, "capabilities": st.lists(CAPABILITIES, max_size=2)},
        ),
        "meters": st.dictionaries(WORDS, OUTCOME_DOCUMENTS, max_size=3),
        "inventories": st.dictionaries(
            WORDS, st.fixed_dictionaries({"hash": WORDS}, optional={"body": DOCUMENTS}), max_size=2
        ),
        "events": st.lists(EVENTS, max_size=2),
        "results": st.lists(RESULTS, max_size=2),
        "later": DOCUMENTS,
    }
    for name, part in parts.items():
        if draw(st.booleans()):
            document[name] = draw(part)
    return document


CAPABILITIES = st.fixed_dictionaries(
    {"name": WORDS, "available": st.booleans()}, optional={"reason": TEXTS, "fix": TEXTS, "exposes": TEXTS}
)
OUTCOME_DOCUMENTS = st.fixed_dictionaries(
    {"outcome": st.sampled_from(OUTCOMES)}, optional={"error": TEXTS, "seconds": st.floats(0, 60)}
)
EVENTS = st.fixed_dictionaries(
    {"id": IDS, "at": TIMES, "kind": WORDS}, optional={"subject": TEXTS, "data": MAPPINGS, "later": SCALARS}
)
RESULTS = st.fixed_dictionaries({"command": IDS, "state": st.sampled_from(RESULT_STATES)}, optional={"data": MAPPINGS})


@pytest.fixture(scope="session")
def pushes() -> st.SearchStrategy[dict[str, Any]]:
    """Any push an agent could send, as documents."""
    return push_documents()


@pytest.fixture(scope="session")
def json_documents() -> st.SearchStrategy[Any]:
    """Any JSON at all."""
    return DOCUMENTS


COLUMNS = [series("system.cpu.time", cpu="0", mode="user"), series("system.uptime")]


@pytest.fixture
def document() -> dict[str, Any]:
    """One small push with every part in it."""
    return copy.deepcopy(
        {
            "wire": WIRE,
            "run": "run-0001",
            "sequence": 17,
            "hello": {
                "version": "0.1.0",
                "name": "pebble",
                "boot_time_ms": 1_700_000_000_000,
                "interval": 15,
                "uname": {"release": "6.1.0"},
                "config": {"hash": None, "refused": {"hash": "ab", "error": "config.interval: must be a number"}},
                "capabilities": [{"name": "psi", "available": False, "reason": "no /proc/pressure", "fix": ""}],
                "actions": [],
            },
            "schema": schema_hash(COLUMNS),
            "series": [column.document() for column in COLUMNS],
            "ticks": [[1_763_716_800_000, [1.5, 10]], [1_763_716_815_000, [None, 25]]],
            "meters": {"cpu": {"outcome": "ok", "seconds": 0.001}, "pressure": {"outcome": "nothing"}},
            "inventories": {"ports": {"hash": "abc", "body": [{"port": 22}]}, "packages": {"hash": "def"}},
            "events": [{"id": "e1", "at": 1_763_716_800_000, "kind": "agent.started", "subject": "agent", "data": {}}],
            "results": [{"command": "c1", "state": "done", "data": {"said": "yes"}}],
        }
    )


@pytest.fixture
def spoil(document: dict[str, Any]) -> Callable[[str, Any], dict[str, Any]]:
    """Put a value at a dotted path of the small push; list positions are numbers."""

    def put(path: str, value: Any) -> dict[str, Any]:
        place: Any = document
        *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in parents:
            place = place[step]
        place[last] = value
        return document

    return put
