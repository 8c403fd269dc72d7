"""Frames, figures and tokens: what is garbage says nothing, and never raises."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from wakeful_agent.watches.pterodactyl import frames
from wakeful_agent.watches.pterodactyl.frames import Claims, Frame, parse_claims, parse_frame, parse_stats, write_frame


def token(**claims: Any) -> str:
    return f"head.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.sign"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"event":"status","args":["running"]}\n', Frame("status", "running")),
        ('{"event":"auth success"}', Frame("auth success")),
        ('{"event":"x","args":[]}', Frame("x")),
        ('{"event":"x","args":[7]}', Frame("x")),
        ('{"event":"x","args":{"0":"y"}}', Frame("x")),
        ('{"event":7}', None),
        ("[]", None),
        ("{", None),
        ("[" * 100_000, None),
    ],
)
def test_a_frame_is_read(text: str, found: Frame | None) -> None:
    assert parse_frame(text) == found


@given(some.text())
def test_no_text_raises(text: str) -> None:
    found = parse_frame(text)
    assert found is None or isinstance(found.event, str)
    assert isinstance(parse_stats(text), dict)
    assert parse_claims(f"a.{text}.b").lifetime_seconds >= 1


def test_a_frame_is_written_with_one_argument_or_none() -> None:
    assert json.loads(write_frame("set state", "start")) == {"event": "set state", "args": ["start"]}
    assert json.loads(write_frame("send logs")) == {"event": "send logs"}


def test_figures_are_read_and_nothing_else() -> None:
    told = {
        "memory_bytes": 5,
        "cpu_absolute": 12.5,
        "disk_bytes": -1,
        "uptime": True,
        "memory_limit_bytes": float("nan"),
        "network": {"rx_bytes": 1, "tx_bytes": "many"},
        "state": "running",
        "more": 7,
    }
    found = parse_stats(json.dumps(told))
    assert found == {"memory_bytes": 5, "cpu_absolute": 12.5, "network_rx_bytes": 1, "state": "running"}
    assert frames.figures(found) == {"memory_bytes": 5, "cpu_absolute": 12.5, "network_rx_bytes": 1}
    assert parse_stats("[1, 2") == parse_stats("[1]") == parse_stats('{"network": 7, "state": 5}') == {}


def test_a_token_says_for_what_and_how_long() -> None:
    made = token(iat=1000, exp=1600, server_uuid="1A7CE997-259b")
    assert parse_claims(made) == Claims("1a7ce997-259b", 600.0)
    assert parse_claims(token(iat=1000, exp=900)).lifetime_seconds == 1
    assert parse_claims(token(iat="x", exp=900, server_uuid=7)) == Claims("", 600.0)
    for made_at, ends in ((float("inf"), float("inf")), (0.5, 10**400), (float("nan"), 600), (0, float("nan"))):
        assert parse_claims(token(iat=made_at, exp=ends)) == Claims("", 600.0)


@pytest.mark.parametrize("text", ["", "garbage", "a.b.c", "a.!!.c", "a.WzFd.c", "a.b.c.d"])
def test_a_token_that_says_nothing_lasts_as_tokens_do(text: str) -> None:
    assert parse_claims(text) == Claims("", 600.0)
