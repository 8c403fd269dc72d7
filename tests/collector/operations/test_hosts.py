"""What can be done to a machine's entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.operations import OperationError
from wakeful_collector.read import hosts

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def host(machine: Callable[..., Any]) -> str:
    return str(machine("web-1", tags=["old"]).id)


def test_rename_and_tag(data: Path, host: str, ask: Ask) -> None:
    assert ask("host.rename", "operate", host=host, name="<b>web</b>")["name"] == "<b>web</b>"
    assert ask("host.tag", "operate", host=host, tags=["prod", "eu"])["tags"] == ["eu", "prod"]
    found = hosts.host(data, host)
    assert found is not None
    assert (found.name, found.tags) == ("<b>web</b>", ("eu", "prod"))
    ask("host.rename", "operate", host=host, name="")
    again = hosts.host(data, host)
    assert again is not None
    assert again.name == "web-1"


def test_tuning_is_checked_as_a_whole(data: Path, host: str, ask: Ask) -> None:
    found = hosts.host(data, host)
    assert found is not None
    ask("host.tune", "operate", host=host, tuning={"interval": 30})
    assert hosts.tuning(data, found.key) == {"interval": 30}
    with pytest.raises(OperationError, match=r"config\.interval"):
        ask("host.tune", "operate", host=host, tuning={"enabled": True, "interval": 0})
    assert hosts.tuning(data, found.key) == {"interval": 30}
    ask("host.tune", "operate", host=host, tuning=None)
    assert hosts.tuning(data, found.key) is None


def test_live_lasts_a_minute_or_as_asked(host: str, ask: Ask, now_ms: int) -> None:
    assert ask("host.live", "read", host=host)["live_until_ms"] == now_ms + 60_000
    assert ask("host.live", "read", host=host, seconds=600)["live_until_ms"] == now_ms + 600_000
    with pytest.raises(OperationError, match="from 1 to 600"):
        ask("host.live", "read", host=host, seconds=601)


def test_forget_takes_it_off_every_list(data: Path, host: str, ask: Ask) -> None:
    ask("host.forget", host=host)
    assert hosts.host(data, host) is None
    with pytest.raises(OperationError) as caught:
        ask("host.forget", host=host)
    assert caught.value.status == 404


@pytest.mark.parametrize("tag", ["two words", "a,b", "", "x" * 65])
def test_tags_are_single_words(host: str, ask: Ask, tag: str) -> None:
    with pytest.raises(OperationError, match="tags"):
        ask("host.tag", host=host, tags=[tag])
