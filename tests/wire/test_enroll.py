"""Tests of wakeful_wire.enroll: an invite against an id and a token."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_wire.enroll import EnrollAnswer, EnrollRequest, parse_enroll_answer, parse_enroll_request
from wakeful_wire.errors import WireError

REQUEST = {
    "invite": "wk_inv_abc",
    "name": "pebble",
    "machine_id": "0123",
    "version": "0.1.0",
    "public_key": "a2V5",
}


def test_a_request_is_read() -> None:
    expected = EnrollRequest("wk_inv_abc", "pebble", "0123", "0.1.0", "a2V5")
    assert parse_enroll_request({**REQUEST, "later": 1}) == expected


def test_a_machine_may_have_no_id() -> None:
    assert parse_enroll_request({**REQUEST, "machine_id": ""}).machine_id == ""
    assert parse_enroll_request({key: REQUEST[key] for key in REQUEST if key != "machine_id"}).machine_id == ""


@pytest.mark.parametrize("field", ["invite", "name", "version", "public_key"])
@pytest.mark.parametrize("value", ["", None, 5, "x" * 257, "a\nb", "\x1b[31m", "\ud800"])
def test_a_wrong_field_is_named(field: str, value: Any) -> None:
    with pytest.raises(WireError, match=f"^{field}: "):
        parse_enroll_request({**REQUEST, field: value})


@pytest.mark.parametrize("value", [None, [], "x", {str(n): n for n in range(33)}])
def test_a_request_is_an_object(value: Any) -> None:
    with pytest.raises(WireError, match="enrolment: "):
        parse_enroll_request(value)


def test_an_answer_is_read() -> None:
    answer = {"agent_id": "abcdefghijkl", "token": "wk_agt_secret", "later": True}
    assert parse_enroll_answer(answer) == EnrollAnswer("abcdefghijkl", "wk_agt_secret")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "answer: must be an object"),
        ({"token": "t"}, "agent_id: must be text"),
        ({"agent_id": "i"}, "token: must be text"),
        ({"agent_id": "", "token": "t"}, "agent_id: must not be empty"),
        ({"agent_id": "i\nj", "token": "t"}, "agent_id: must stand on one line"),
        ({"agent_id": "i", "token": "t\r\nX-Header: 1"}, "token: holds a control character"),
        ({"agent_id": "i", "token": "t\nX"}, "token: must stand on one line"),
        ({"agent_id": "i", "token": "t k"}, "token: must be ASCII without blanks"),
        ({"agent_id": "i", "token": "t\u00e4"}, "token: must be ASCII without blanks"),
    ],
)
def test_a_wrong_answer_is_refused_and_the_token_is_not_quoted(answer: Any, message: str) -> None:
    with pytest.raises(WireError, match=message) as caught:
        parse_enroll_answer(answer)
    assert "X-Header" not in str(caught.value)
