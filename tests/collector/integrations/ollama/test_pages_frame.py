"""What the frame of a machine's page says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama.pages_frame import SLEEPS, WAKES, blueprint
from wakeful_collector.integrations.ollama.settings import FIELDS
from wakeful_collector.settings_fields import NAME

from .gateway_data import keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask


def test_the_frame_says_where_it_is_and_how_it_is_woken(
    person: Callable[..., Any], data: Path, machine: Callable[..., Any]
) -> None:
    host = machine("box")
    keep(data, host=host.id, default=True)
    text = person("bob", "read").get("/integrations/ollama/gpu").text
    assert "http://192.0.2.9:11434" in text
    assert f'<a href="/hosts/{host.id}">box</a> in the fleet' in text
    assert "woken by a magic packet" in text
    assert "put to sleep over SSH (suspend)" in text
    assert 'class="tag">default<' in text
    assert ">Settings</a>" not in text
    assert ">Settings</a>" in person("root", "admin").get("/integrations/ollama/gpu").text


def test_every_way_to_wake_and_to_sleep_has_words() -> None:
    kinds = {one.name: set(one.metadata["kind"].schema.get("enum", ())) for one in FIELDS}
    assert set(WAKES) == kinds["wake"]
    assert set(SLEEPS) == kinds["sleep"]


def test_what_is_no_machine_stands_where_no_machine_can(app: Flask) -> None:
    assert blueprint.url_prefix == "/integrations/ollama"
    fixed = {
        rule.rule.split("/")[3]
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("ollama.")
        and rule.rule.count("/") > 2
        and not rule.rule.split("/")[3].startswith("<")
    }
    assert fixed == {"_"}
    assert "_" not in NAME
