"""The page of all machines: how each stands, how clients use it, limits of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import gateway

from .gateway_data import HOSTILE, keep, lease, stand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = "/integrations/ollama"
PART = {"HX-Request": "true"}


@pytest.fixture
def root(person: Callable[..., Any]) -> Any:
    return person("root", "admin")


def test_without_a_machine_the_page_says_what_to_do(root: Any, person: Callable[..., Any]) -> None:
    text = root.get(PATH).text
    assert "No machine stands behind the gateway yet" in text
    assert f'href="{PATH}/_/add"' in text
    assert '<a href="/integrations/ollama" aria-current="page">' in text
    reader = person("bob", "read").get(PATH).text
    assert "/_/add" not in reader
    assert "This needs the scope admin" in reader


def test_each_machine_has_a_card_with_its_state_and_buttons(root: Any, data: Path) -> None:
    keep(data, default=True)
    keep(data, name="attic", watts=300)
    stand(data, "awake")
    stand(data, "unreachable", name="attic", reason=f"nobody answered {HOSTILE}")
    lease(data, 1, "request")
    lease(data, 2, "request", admitted_ms=None)
    text = root.get(PATH, headers=PART).text
    assert "<html" not in text
    assert "<img" not in text
    assert text.index(">gpu</a>") < text.index(">attic</a>"), "the default one stands first"
    assert "1 running, 1 waiting" in text
    assert "0.0 kWh" in text
    assert 'class="tag">default<' in text
    assert "Nobody answered" in text
    whole = root.get(PATH).text
    assert "export OLLAMA_HOST=http://localhost/ollama" in whole
    assert "This leads to <strong>gpu</strong>" in whole


def test_clients_are_told_the_public_address_where_there_is_one(
    app_with: Callable[..., Any], person: Callable[..., Any], data: Path
) -> None:
    keep(data)
    client = person().client
    client.application = app_with(public_url="https://wakeful.example/")
    client.set_cookie("wakeful-8800", client.get_cookie("wakeful-8800").value, domain="wakeful.example")
    text = client.get(PATH, base_url="http://wakeful.example").text
    assert "OLLAMA_HOST=https://wakeful.example/ollama" in text


def test_a_key_is_limited_and_let_free_again(root: Any, data: Path, program: Callable[..., Any]) -> None:
    keep(data)
    program("gateway")
    program("read")
    text = root.get(PATH).text
    assert '<option value="key:test-gateway">test-gateway</option>' in text
    assert "test-read" not in text, "it may not use the gateway anyhow"
    fields = {"key": "key:test-gateway", "concurrency": "2", "per_minute": "", "models": "llama3*, qwen3:8b"}
    answer = root.post(f"{PATH}/_/limits", **fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}#limits")
    (limit,) = gateway.limits(data)
    assert (limit.key, limit.concurrency, limit.per_minute) == ("key:test-gateway", 2, None)
    assert limit.models == ("llama3*", "qwen3:8b")
    text = root.get(PATH).text
    assert "llama3*, qwen3:8b" in text
    assert "<strong>test-gateway</strong>" in text
    root.post(f"{PATH}/_/limits/lift", key="key:test-gateway")
    assert gateway.limits(data) == []
    root.post(f"{PATH}/_/limits", key="*", per_minute="60")
    assert "<strong>everybody else</strong>" in root.get(PATH).text


def test_a_limit_that_does_not_fit_is_said_with_what_was_given(root: Any, data: Path) -> None:
    keep(data)
    answer = root.post(f"{PATH}/_/limits", key="*", concurrency="-1", models="a b")
    assert answer.status_code == 200
    assert "That was not done." in answer.text
    assert 'value="-1"' in answer.text
    assert 'value="a b"' in answer.text
    assert gateway.limits(data) == []


def test_only_administrators_limit(person: Callable[..., Any], data: Path) -> None:
    keep(data)
    assert person("bob", "operate").post(f"{PATH}/_/limits", key="*", concurrency="1").status_code == 403
    assert gateway.limits(data) == []
