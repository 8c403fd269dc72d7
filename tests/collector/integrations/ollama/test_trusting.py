"""Accepting the host key that a machine shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.accounts import Principal
from wakeful_collector.config import Settings
from wakeful_collector.integrations.ollama import sealed, settings, sleeping, trusting
from wakeful_collector.operations.registry import OperationError, Registry, run
from wakeful_collector.read import gateway

from ....fakes.ssh_server import PASSWORD, USER, SshServer, ssh_server
from .machines import add

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANA = Principal("user:ana", frozenset({"admin"}), "192.0.2.1", "page")


@pytest.fixture
def server(data: Path, tmp_path: Path) -> Iterator[SshServer]:
    with ssh_server(tmp_path / "box") as running:
        running.program("sudo", 'shift; shift; exec "$@"')
        running.program("systemctl", ":")
        add(data, sleep="ssh", ssh_host=running.host, ssh_port=running.port, ssh_user=USER, ssh_password=PASSWORD)
        yield running


def trust(data: Path, **given: Any) -> dict[str, Any]:
    registry = Registry(trusting.OPERATIONS)
    return run(Settings(data=data), registry, ANA, "gateway.trust", {"machine": "box", **given}, clock.now_ms())


def order(data: Path) -> Any:
    box = settings.machine(data, "box")
    assert box is not None
    return sleeping.order(data, box, sealed.secrets(data, "box"))


def test_a_machine_that_was_installed_anew_is_trusted_again(data: Path, server: SshServer) -> None:
    assert order(data).ok
    first = server.host_key.fingerprint
    server.change_host_key()
    refused = order(data)
    assert not refused.ok
    shown = server.host_key.fingerprint
    assert shown in refused.detail
    told = trust(data, fingerprint=shown)
    assert told == {
        "machine": "box",
        "trusted": [{"kind": "ssh-ed25519", "fingerprint": shown}],
        "before": [first],
    }
    assert [one.fingerprint for one in gateway.host_keys(data, "box")] == [shown]
    assert order(data).ok


def test_every_key_that_is_shown_is_trusted_when_none_is_named(data: Path, server: SshServer) -> None:
    server.kinds = ("rsa", "ed25519")
    server.change_host_key()
    assert {one["kind"] for one in trust(data)["trusted"]} == {"ssh-rsa", "ssh-ed25519"}
    assert order(data).ok


def test_another_key_than_the_one_that_was_given_is_not_trusted(data: Path, server: SshServer) -> None:
    first = server.host_key
    assert order(data).ok
    server.change_host_key()
    with pytest.raises(OperationError, match="which is not what was given: nothing is trusted") as caught:
        trust(data, fingerprint=first.fingerprint)
    assert server.host_key.fingerprint in caught.value.message
    assert [one.fingerprint for one in gateway.host_keys(data, "box")] == [first.fingerprint]


def test_a_machine_that_cannot_be_seen_is_not_trusted_blindly(data: Path, server: SshServer) -> None:
    server.close()
    with pytest.raises(OperationError, match=r"its key cannot be seen now: .*Connection refused; wake it first"):
        trust(data)


def test_a_machine_without_ssh_has_no_key(data: Path) -> None:
    add(data)
    with pytest.raises(OperationError, match="is not put to sleep over SSH"):
        trust(data)
    with pytest.raises(OperationError, match="no machine"):
        trust(data, machine="nobody")
