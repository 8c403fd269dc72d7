"""What was asked of a machine, page by page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama.pages_requests import duration

from .gateway_data import HOSTILE, keep, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = "/integrations/ollama/gpu/requests"
PART = {"HX-Request": "true"}


@pytest.fixture
def ada(person: Callable[..., Any], data: Path) -> Any:
    keep(data)
    return person("ada", "read")


def test_nothing_yet(ada: Any) -> None:
    assert "Nobody asked it for anything yet." in ada.get(PATH).text
    assert "Nothing older." in ada.get(f"{PATH}?before=1").text


def test_a_request_is_shown_with_what_it_took_and_hostile_text_stays_text(ada: Any, data: Path) -> None:
    figures = {"waited_ms": 82_000, "first_byte_ms": 400, "took_ms": 92_400}
    request(data, model=HOSTILE, completion_tokens=500, bytes_out=2_048, **figures)
    request(data, path="/v1/chat/completions", outcome="not_awake", status=504, key="user:mira", waited_ms=180_000)
    text = ada.get(PATH, headers=PART).text
    assert "<html" not in text
    assert "<img" not in text
    words = re.sub(r"<[^>]+>|\s+", " ", text)
    assert re.search(r"answered\s+200 .* 82 s .* 400 ms .* 92 s .* 500\s+50/s .* 2 KiB", words)
    assert re.search(r"mira .* did not wake\s+504", words)


def test_pages_go_on_and_one_key_can_be_seen_alone(ada: Any, data: Path) -> None:
    for number in range(55):
        request(data, 60 - number, key="key:other" if number == 7 else "key:laptop", path=f"/api/{number}")
    text = ada.get(PATH).text
    assert "/api/54" in text
    assert "/api/4<" not in text
    older = re.search(r'href="([^"]+before=\d+)"', text)
    assert older is not None
    assert "/api/4<" in ada.get(older[1]).text
    alone = ada.get(f"{PATH}?key=key:other").text
    assert "/api/7<" in alone
    assert "/api/8<" not in alone
    assert "Of everybody" in alone


@pytest.mark.parametrize(
    ("ms", "said"),
    [(-5, "0 ms"), (12, "12 ms"), (1_449, "1.4 s"), (82_400, "82 s"), (299_999, "300 s"), (360_000, "6 min")],
)
def test_durations_have_as_many_figures_as_matter(ms: int, said: str) -> None:
    assert duration(ms) == said
