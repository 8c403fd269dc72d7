"""Secrets of a machine: sealed as they are stored, opened for those who sign in, gone when they are emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama import sealed
from wakeful_collector.read import gateway
from wakeful_collector.settings_fields import SettingsUnfit

from . import machines

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_sealed_is_opened_and_lies_nowhere_in_clear(data: Path) -> None:
    machines.add(data, ssh_password="hunter2-ssh", upstream_key="hunter2-key")
    assert sealed.secrets(data, "box") == {"ssh_password": "hunter2-ssh", "upstream_key": "hunter2-key"}
    assert sealed.set_names(data, "box") == {"ssh_password", "upstream_key"}
    assert sealed.is_readable(data, "box")
    assert not any(b"hunter2" in path.read_bytes() for path in data.iterdir() if path.is_file())


def test_a_change_keeps_what_it_does_not_name_and_empty_text_removes(data: Path) -> None:
    first = sealed.seal(data, "", {"ssh_password": "one", "sudo_password": "two"})
    second = sealed.seal(data, first, {"ssh_password": "", "upstream_key": "three"})
    machines.add(data)
    row = gateway.machine(data, "box")
    assert row is not None
    assert row.sealed == ""
    assert sealed._opened(data, second) == {"sudo_password": "two", "upstream_key": "three"}
    assert sealed.seal(data, second, {"sudo_password": "", "upstream_key": ""}) == ""


def test_a_machine_without_secrets_or_none_at_all(data: Path) -> None:
    assert sealed.secrets(data, "none") == {}
    assert sealed.is_readable(data, "none")
    machines.add(data)
    assert sealed.secrets(data, "box") == {}
    assert sealed.is_readable(data, "box")


def test_secrets_of_another_collector_are_none(data: Path) -> None:
    machines.add(data, ssh_password="hunter2")
    (data / "vault.key").write_bytes(bytes(32))
    assert sealed.secrets(data, "box") == {}
    assert not sealed.is_readable(data, "box")
    row = gateway.machine(data, "box")
    assert row is not None
    assert sealed.seal(data, row.sealed, {}) == row.sealed, "the key may be brought back"
    again = sealed.seal(data, row.sealed, {"upstream_key": "new"})
    assert sealed._opened(data, again) == {"upstream_key": "new"}


def test_what_does_not_fit_is_said_without_the_secret(data: Path) -> None:
    with pytest.raises(SettingsUnfit) as unfit:
        sealed.seal(data, "", {"ssh_password": "hunter2\nhunter2", "securon": "hunter2", "sudo_password": "fits"})
    assert [one.field for one in unfit.value.problems] == ["securon", "ssh_password"]
    assert "hunter2" not in str(unfit.value)
