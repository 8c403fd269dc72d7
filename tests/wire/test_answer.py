"""Tests of wakeful_wire.answer: what the agent reads out of an answer, whoever sent it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_wire import limits
from wakeful_wire.answer import Answer, Command, parse_answer
from wakeful_wire.errors import WireError

COMMAND = {"id": "c1", "action": "restart_unit", "arguments": {"unit": "nginx"}, "expires": 1_763_716_800_000}


def test_the_smallest_answer() -> None:
    assert parse_answer({"sequence": 3}, 3) == Answer(3, None, [], 0, [])


def test_everything_a_collector_may_say() -> None:
    answer = parse_answer(
        {
            "sequence": 3,
            "config": {"interval": 30},
            "commands": [COMMAND],
            "live": 1_763_716_800_000,
            "want": ["hello", "inventory:ports"],
            "later": {"any": "thing"},
        },
        3,
    )
    command = Command("c1", "restart_unit", {"unit": "nginx"}, 1_763_716_800_000)
    assert answer == Answer(3, {"interval": 30}, [command], 1_763_716_800_000, ["hello", "inventory:ports"])


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "answer: must be an object"),
        ("OK", "answer: must be an object"),
        ({}, "answer.sequence: must be a whole number"),
        ({"sequence": "3"}, "answer.sequence: must be a whole number"),
        ({"sequence": 4}, "answer.sequence: is 4, sent was 3"),
        ({"sequence": 3, "config": []}, "answer.config: must be an object"),
        ({"sequence": 3, "config": nested(limits.CONFIG_DEPTH_MAX)}, "answer.config: nests deeper than 8 levels"),
        ({"sequence": 3, "commands": {}}, "answer.commands: must be a list"),
        ({"sequence": 3, "commands": [COMMAND] * 257}, "answer.commands: has 257 items"),
        ({"sequence": 3, "commands": [None]}, r"answer.commands\[0\]: must be an object"),
        ({"sequence": 3, "commands": [{**COMMAND, "id": ""}]}, r"commands\[0\].id: must not be empty"),
        ({"sequence": 3, "commands": [{**COMMAND, "action": 1}]}, r"commands\[0\].action: must be text"),
        ({"sequence": 3, "commands": [{**COMMAND, "action": "a" * 129}]}, r"commands\[0\].action: has 129"),
        ({"sequence": 3, "commands": [{**COMMAND, "arguments": []}]}, r"commands\[0\].arguments: must be an object"),
        ({"sequence": 3, "commands": [{**COMMAND, "arguments": nested(8)}]}, r"arguments: nests deeper"),
        ({"sequence": 3, "commands": [{**COMMAND, "expires": None}]}, r"commands\[0\].expires: must be a whole"),
        ({"sequence": 3, "live": "now"}, "answer.live: must be a whole number"),
        ({"sequence": 3, "live": limits.TIME_MS_MAX + 1}, "answer.live: must be from 0"),
        ({"sequence": 3, "want": "hello"}, "answer.want: must be a list"),
        ({"sequence": 3, "want": ["x"] * 66}, "answer.want: has 66 items"),
        ({"sequence": 3, "want": [1]}, "answer.want: must be text"),
    ],
)
def test_a_wrong_answer_is_refused(answer: Any, message: str) -> None:
    with pytest.raises(WireError, match=message):
        parse_answer(answer, 3)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({"sequence": st.just(3)}, optional=dict.fromkeys(["config", "commands", "want"], JSON)))
def test_any_answer_is_read_or_refused(answer: Any) -> None:
    read = read_or_refused(answer)
    assert read.sequence == 3 if isinstance(read, Answer) else str(read).startswith("answer.")


def read_or_refused(answer: Any) -> Answer | WireError:
    try:
        return parse_answer(answer, 3)
    except WireError as error:
        return error
