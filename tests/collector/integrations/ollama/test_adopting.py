"""What a .env says is taken over: once, changed when the file changes, and never over what people set beside it."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.accounts import keys
from wakeful_collector.integrations.ollama import sealed
from wakeful_collector.integrations.ollama import settings as machines
from wakeful_collector.integrations.ollama.adopting import JOBS, Adopting, Unfit
from wakeful_collector.read import audit, gateway

from .asking import Asker

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.ollama.settings import Machine

ENVIRON = {
    "EQUIPO_IA": "192.0.2.20",
    "IA_MAC": "00-11-22-33-44-55",
    "SSH_USER": "ia",
    "SSH_PASS": "hush",
    "API_KEYS": "a-key-of-long-ago,another-of-long-ago",
}


def default(settings: Settings) -> Machine:
    found = machines.machine(settings.data, "default")
    assert found is not None
    return found


def changes(settings: Settings) -> list[str]:
    return [row.entry.operation for row in audit.rows(settings.data, 20)]


def test_the_environment_describes_the_default_machine(settings: Settings, now_ms: int) -> None:
    Adopting(lambda: ENVIRON)(settings.data, settings, now_ms)
    machine = default(settings)
    assert (machine.url, machine.mac, machine.wake) == ("http://192.0.2.20:11434", "00:11:22:33:44:55", "packet")
    assert (machine.ssh_host, machine.ssh_port, machine.ssh_user) == ("192.0.2.20", 22, "ia")
    assert (machine.sleep, machine.sleep_command, machine.broadcast) == ("ssh", "poweroff", "255.255.255.255")
    assert gateway.default_name(settings.data) == "default"
    assert sealed.secrets(settings.data, "default") == {"ssh_password": "hush", "sudo_password": "hush"}
    (row,) = audit.rows(settings.data, 10)
    assert (row.entry.principal, row.entry.operation) == ("local:environment", "gateway.machine.add")
    assert "hush" not in str(row)
    for key in ENVIRON["API_KEYS"].split(","):
        principal = keys.principal_of_key(settings.data, key, "", now_ms)
        assert principal is not None
        assert principal.scopes == {"gateway"}


def test_what_says_the_same_again_changes_nothing(settings: Settings, now_ms: int) -> None:
    for _ in range(2):
        Adopting(lambda: ENVIRON)(settings.data, settings, now_ms)
    assert changes(settings) == ["gateway.machine.add"]


def test_only_what_is_named_wins_over_what_people_set(settings: Settings, now_ms: int) -> None:
    adopting = Adopting(lambda: ENVIRON)
    adopting(settings.data, settings, now_ms)
    ask = Asker(settings, now_ms)
    ask(
        "gateway.machine.change",
        name="default",
        sleep_command="suspend",
        broadcast="192.0.2.255",
        mac="02:00:00:00:00:09",
    )
    adopting(settings.data, settings, now_ms)  # the same process looks only at what has changed
    assert default(settings).mac == "02:00:00:00:00:09"
    Adopting(lambda: ENVIRON)(settings.data, settings, now_ms)
    machine = default(settings)
    assert (machine.mac, machine.sleep_command, machine.broadcast) == ("00:11:22:33:44:55", "suspend", "192.0.2.255")


def test_a_machine_at_another_address_keeps_the_secrets_that_are_named(settings: Settings, now_ms: int) -> None:
    Adopting(lambda: ENVIRON)(settings.data, settings, now_ms)
    Adopting(lambda: ENVIRON | {"EQUIPO_IA": "192.0.2.21"})(settings.data, settings, now_ms)
    assert default(settings).ssh_host == "192.0.2.21"
    assert sealed.secrets(settings.data, "default") == {"ssh_password": "hush", "sudo_password": "hush"}


def test_the_file_is_looked_at_again_when_it_changed(settings: Settings, tmp_path: Path, now_ms: int) -> None:
    file = tmp_path / "gateway.env"
    file.write_text("EQUIPO_IA=192.0.2.20\nAPI_KEYS=a-key-of-long-ago\n")
    chosen = replace(settings, gateway_env=file)
    adopting = Adopting(dict)
    adopting(settings.data, chosen, now_ms)
    assert default(settings).wake == "never"
    file.write_text("EQUIPO_IA=192.0.2.21\nIA_MAC=00:11:22:33:44:55\nAPI_KEYS=another-of-long-ago\n")
    os.utime(file, (1, 1))
    adopting(settings.data, chosen, now_ms)
    machine = default(settings)
    assert (machine.url, machine.wake) == ("http://192.0.2.21:11434", "packet")
    assert keys.principal_of_key(settings.data, "a-key-of-long-ago", "", now_ms) is None
    assert keys.principal_of_key(settings.data, "another-of-long-ago", "", now_ms) is not None


def test_what_is_wrong_is_said_at_once_under_its_own_name(settings: Settings, now_ms: int) -> None:
    wrong = ENVIRON | {"IA_MAC": "nonsense", "SSH_PORT": "x", "API_KEYS": "short,a-key-of-long-ago", "SSH_USER": "a b"}
    adopting = Adopting(lambda: wrong)
    for _ in range(2):  # it is said again until it is right
        with pytest.raises(Unfit) as unfit:
            adopting(settings.data, settings, now_ms)
        for name in ("IA_MAC: is 'nonsense'", "SSH_PORT: is 'x'", "API_KEYS: its key number 1", "SSH_USER: is 'a b'"):
            assert name in str(unfit.value)
        assert "hush" not in str(unfit.value)
    assert gateway.machines(settings.data) == []
    assert keys.principal_of_key(settings.data, "a-key-of-long-ago", "", now_ms) is not None


def test_a_refusal_of_the_operation_is_said_too(settings: Settings, now_ms: int) -> None:
    with pytest.raises(Unfit, match="ssh_password must have 0 to 1024"):
        Adopting(lambda: ENVIRON | {"SSH_PASS": "x" * 2000})(settings.data, settings, now_ms)


def test_a_file_that_names_no_machine_is_a_mistake(settings: Settings, tmp_path: Path, now_ms: int) -> None:
    file = tmp_path / "gateway.env"
    file.write_text("IA_MAC=00:11:22:33:44:55\n")
    with pytest.raises(Unfit, match=r"gateway\.env holds no EQUIPO_IA"):
        Adopting(dict)(settings.data, replace(settings, gateway_env=file), now_ms)
    with pytest.raises(Unfit, match="cannot be read"):
        Adopting(dict)(settings.data, replace(settings, gateway_env=tmp_path / "none"), now_ms)


def test_keys_that_cannot_be_read_just_now_stay(settings: Settings, tmp_path: Path, now_ms: int) -> None:
    file = tmp_path / "gateway.env"
    file.write_text("EQUIPO_IA=192.0.2.20\nAPI_KEYS=a-key-of-long-ago\n")
    chosen = replace(settings, gateway_env=file)
    adopting = Adopting(dict)
    adopting(settings.data, chosen, now_ms)
    file.rename(tmp_path / "elsewhere")
    with pytest.raises(Unfit, match="cannot be read"):
        adopting(settings.data, chosen, now_ms)
    assert keys.principal_of_key(settings.data, "a-key-of-long-ago", "", now_ms) is not None
    with pytest.raises(Unfit, match="API_KEYS_FILE"):
        Adopting(lambda: {"EQUIPO_IA": "192.0.2.20", "API_KEYS_FILE": str(file)})(settings.data, settings, now_ms)
    assert keys.principal_of_key(settings.data, "a-key-of-long-ago", "", now_ms) is not None


def test_without_any_of_it_nothing_happens(
    settings: Settings, now_ms: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EQUIPO_IA", raising=False)
    caplog.set_level(logging.INFO)
    (job,) = JOBS
    job.run(settings.data, settings, now_ms)
    assert (gateway.machines(settings.data), changes(settings), caplog.text) == ([], [], "")
