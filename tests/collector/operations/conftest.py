"""What the tests of operations share: somebody who asks, and a way to ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.operations import core, run

if TYPE_CHECKING:
    from wakeful_collector.config import Settings

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(settings: Settings, now_ms: int) -> Ask:
    """Run an operation as somebody with the scope `scope`."""

    def run_it(name: str, scope: str = "admin", /, **arguments: Any) -> dict[str, Any]:
        principal = Principal("user:ada", implied((scope,)), "192.0.2.7", "web", "session", 1)
        return run(settings, core.REGISTRY, principal, name, arguments, now_ms)

    return run_it
