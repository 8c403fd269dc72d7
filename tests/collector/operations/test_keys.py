"""API keys are made and revoked; the key is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts.keys import principal_of_key
from wakeful_collector.operations import OperationError
from wakeful_collector.read import audit, people

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., dict[str, Any]]


def test_a_key_is_made_as_asked_and_kept_from_the_trail(data: Path, ask: Ask, now_ms: int) -> None:
    made = ask("key.create", name="grafana", scopes=["read"], days=1)
    assert made["expires_ms"] == now_ms + 86_400_000
    principal = principal_of_key(data, made["key"], "", now_ms)
    assert principal is not None
    assert principal.scopes == {"read"}
    row = audit.rows(data, 1)[0]
    assert (row.entry.subject, row.entry.detail) == ("grafana", {"scopes": ["read"], "days": 1})
    assert made["key"] not in repr(row)


def test_a_key_without_an_end_and_its_revocation(data: Path, ask: Ask, now_ms: int) -> None:
    made = ask("key.create", name="k", scopes=["operate"], days=None)
    assert made["expires_ms"] is None
    assert ask("key.revoke", id=made["id"])["revoked"] is True
    assert people.keys(data)[0].revoked_ms == now_ms
    with pytest.raises(OperationError, match="no such key"):
        ask("key.revoke", id=made["id"])


@pytest.mark.parametrize("scopes", [[], ["root"], ["read", "read"]])
def test_scopes_are_ours(ask: Ask, scopes: list[str]) -> None:
    with pytest.raises(OperationError, match="scopes"):
        ask("key.create", name="k", scopes=scopes)
