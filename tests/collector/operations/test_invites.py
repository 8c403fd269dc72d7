"""Invites are made and revoked; their secret is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.operations import OperationError
from wakeful_collector.read import audit, hosts

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., dict[str, Any]]


def test_an_invite_is_made_as_asked_and_its_secret_kept_from_the_trail(data: Path, ask: Ask, now_ms: int) -> None:
    made = ask("invite.create", hours=1, uses=3, tags=["lab"])
    assert made["invite"].startswith("wk_inv_")
    assert made["expires_ms"] == now_ms + 3_600_000
    kept = hosts.invites(data)[0]
    assert (kept.id, kept.uses, kept.spent, kept.tags, kept.created_by) == (made["id"], 3, 0, ("lab",), "user:ada")
    assert made["invite"] not in repr(audit.rows(data, 10))


def test_without_arguments_it_is_for_one_machine_and_a_day(data: Path, ask: Ask, now_ms: int) -> None:
    made = ask("invite.create")
    assert (made["uses"], made["tags"], made["expires_ms"]) == (1, [], now_ms + 86_400_000)


def test_revoking_works_once(data: Path, ask: Ask, now_ms: int) -> None:
    made = ask("invite.create")
    assert ask("invite.revoke", id=made["id"]) == {"id": made["id"], "revoked": True}
    assert hosts.invites(data)[0].revoked_ms == now_ms
    with pytest.raises(OperationError, match="no such invite"):
        ask("invite.revoke", id=made["id"])
