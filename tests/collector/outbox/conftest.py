"""What the tests of the outbox share: children that are measured, incidents, channels that lead to real receivers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.channel import Wishes
from wakeful_collector.outbox import calling
from wakeful_collector.store import channels, vault
from wakeful_collector.store.changes import changing
from wakeful_collector.store.channels import Channel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children tell coverage what they ran; everything else of their environment stays as it is."""
    names = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START", "COVERAGE_FILE")
    monkeypatch.setattr(calling, "PASSED_ON", (*calling.PASSED_ON, *names))


@pytest.fixture
def channel(data: Path, now_ms: int) -> Callable[..., Channel]:
    """Make a channel: `channel("http://...", hosts=("web-*",))`."""
    made: list[Channel] = []

    def make(url: str, kind: str = "webhook", **wishes: Any) -> Channel:
        number = len(made) + 1
        secrets = {"url": url, "secret": "a-secret-of-the-channel", "fingerprint": ""}
        found = Channel(
            f"ch_{number}",
            f"channel {number}",
            kind,
            "Service",
            "...",
            vault.seal(data, json.dumps(secrets)),
            now_ms,
            "user:ada",
            allow_private=True,
            wishes=replace(Wishes(), **wishes),
        )
        with changing(data) as connection:
            channels.keep(connection, found)
        made.append(found)
        return found

    return make
