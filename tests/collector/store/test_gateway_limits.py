"""Limits of keys: their own, else everybody's, and which models they permit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import gateway_limits
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_limits import EVERYBODY, Limit

if TYPE_CHECKING:
    from pathlib import Path


def test_own_limits_come_before_everybodys(data: Path) -> None:
    own, everybody = Limit("key:a", 2, 30, ("llama3*", "gemma3")), Limit(EVERYBODY, 1)
    with changing_gateway(data) as connection:
        assert gateway_limits.for_key(connection, "key:a") == Limit("key:a")
        gateway_limits.keep(connection, everybody)
        assert gateway_limits.for_key(connection, "key:a") == everybody
        gateway_limits.keep(connection, own)
        assert gateway_limits.for_key(connection, "key:a") == own
        assert gateway_limits.for_key(connection, "key:b") == everybody
        assert gateway_limits.all_of(connection) == [everybody, own]
        assert gateway_limits.remove(connection, "key:a")
        assert not gateway_limits.remove(connection, "key:a")


@pytest.mark.parametrize(
    ("models", "asked", "permitted"),
    [
        ((), "anything", True),
        (("llama3",), "llama3", True),
        (("llama3",), "llama3:latest", True),
        (("llama3:latest",), "llama3", True),
        (("llama3",), "llama3:70b", False),
        (("llama3*",), "llama3:70b", True),
        (("llama3:*",), "llama3", True),
        (("llama3:*",), "llama3.1", False),
        (("registry:5000/x/llama3",), "registry:5000/x/llama3:latest", True),
        (("a", "b"), "b", True),
        (("a",), "A", False),
        (("a",), "", True),
    ],
)
def test_which_models_are_permitted(models: tuple[str, ...], asked: str, permitted: bool) -> None:
    assert Limit("key:a", models=models).permits(asked) is permitted
