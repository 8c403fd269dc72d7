"""Pinned host keys: one of each kind, replaced only by who says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import gateway_host_keys
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_host_keys import HostKey

from . import gateway_rows

if TYPE_CHECKING:
    from pathlib import Path


def test_keys_are_pinned_by_kind_and_forgotten_together(data: Path) -> None:
    first, other = (
        HostKey("box", "ssh-ed25519", "AAAA", "SHA256:a", 1),
        HostKey("box", "ssh-rsa", "BBBB", "SHA256:b", 1),
    )
    newer = HostKey("box", "ssh-ed25519", "CCCC", "SHA256:c", 2)
    with changing_gateway(data) as connection:
        gateway_rows.machine(connection)
        for key in (other, first, newer):
            gateway_host_keys.pin(connection, key)
        assert gateway_host_keys.all_of(connection, "box") == [newer, other]
        assert gateway_host_keys.all_of(connection, "none") == []
        assert gateway_host_keys.forget(connection, "box") == 2
        assert gateway_host_keys.forget(connection, "box") == 0
