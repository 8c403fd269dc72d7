from __future__ import annotations

import json
from typing import Any

import pytest

from wakeful_collector.ingest import answers
from wakeful_collector.model.store_errors import StoreBusy, StoreError, StoreFull
from wakeful_collector.store.agents import Agent
from wakeful_wire.answer import parse_answer
from wakeful_wire.errors import WireError
from wakeful_wire.tuning import tuning_hash


def _agent(tuning: dict[str, Any] | None = None, live_until_ms: int = 0) -> Agent:
    known = None if tuning is None else tuning_hash(tuning)
    return Agent(1, "a", "h", live_until_ms, tuning, known, "web-1", 1, None, 1, {})


def test_an_answer_is_one_the_agent_can_read() -> None:
    reply = answers.accepted(7, _agent({"interval": 5}, 2_000), None, ["hello", "inventory:ports"], 1_000)
    answer = parse_answer(json.loads(reply.body), 7)
    assert (answer.config, answer.live_until_ms, answer.wants) == ({"interval": 5}, 2_000, ["hello", "inventory:ports"])


@pytest.mark.parametrize(
    ("tuning", "in_force", "sent"),
    [
        (None, None, None),
        (None, tuning_hash({}), None),
        (None, "other", {}),
        ({"interval": 5}, None, {"interval": 5}),
        ({"interval": 5}, tuning_hash({"interval": 5}), None),
    ],
)
def test_the_configuration_travels_only_when_it_differs(tuning: Any, in_force: str | None, sent: Any) -> None:
    reply = answers.accepted(7, _agent(tuning), in_force, [], 1_000)
    assert json.loads(reply.body).get("config") == sent


@pytest.mark.parametrize(
    ("error", "code", "seconds"),
    [(StoreFull("x"), "store_full", 60), (StoreBusy("x"), "store_busy", 5), (StoreError("x"), "store_unavailable", 60)],
)
def test_a_store_that_cannot_write_is_503(error: Exception, code: str, seconds: int) -> None:
    reply = answers.unable(error)
    assert (reply.status, reply.code, reply.retry_seconds) == (503, code, seconds)


def test_a_refusal_says_what_and_why() -> None:
    reply = answers.refused(WireError("too_large", "more", 413))
    assert (reply.status, json.loads(reply.body)) == (413, {"error": "too_large", "message": "more"})
