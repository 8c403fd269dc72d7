"""What keys may do: limits set, changed in part, lifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama import limit_changes
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import gateway
from wakeful_collector.store.gateway_limits import Limit

from .asking import Asker

if TYPE_CHECKING:
    from wakeful_collector.config import Settings


def test_limits_are_changed_in_part_and_lifted(settings: Settings, now_ms: int) -> None:
    ask = Asker(settings, now_ms)
    answer = ask("gateway.limit", key="laptop", concurrency=2, models=["llama3*"])
    assert answer == {"key": "key:laptop", "concurrency": 2, "per_minute": None, "models": ["llama3*"]}
    ask("gateway.limit", key="laptop", per_minute=60)
    assert gateway.limit(settings.data, "key:laptop") == Limit("key:laptop", 2, 60, ("llama3*",))
    ask("gateway.limit", key="key:laptop", concurrency=None, models=None)
    assert gateway.limit(settings.data, "key:laptop") == Limit("key:laptop", None, 60, ())
    assert ask("gateway.limit", key="laptop", remove=True) == {"key": "key:laptop", "removed": True}
    assert ask("gateway.limit", key="laptop", remove=True)["removed"] is False
    assert gateway.limits(settings.data) == []


def test_everybody_and_people_are_meant_by_their_own_names() -> None:
    assert [limit_changes.principal_of(name) for name in ("*", "user:ana", "x")] == ["*", "user:ana", "key:x"]


def test_there_is_a_bound(settings: Settings, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Asker(settings, now_ms)
    monkeypatch.setattr(limit_changes, "LIMITS_MAX", 1)
    ask("gateway.limit", key="*", per_minute=60)
    ask("gateway.limit", key="*", per_minute=30)
    with pytest.raises(OperationError) as refused:
        ask("gateway.limit", key="b", per_minute=60)
    assert (refused.value.code, refused.value.status) == ("too_many", 409)


@pytest.mark.parametrize("given", [{"concurrency": 0}, {"per_minute": -1}, {"models": ["x", "x"]}, {"other": 1}])
def test_what_is_no_limit(settings: Settings, now_ms: int, given: dict[str, object]) -> None:
    with pytest.raises(OperationError) as refused:
        Asker(settings, now_ms)("gateway.limit", key="laptop", **given)
    assert refused.value.code == "invalid"
