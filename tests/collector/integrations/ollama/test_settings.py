"""A machine's settings: one table, checked at once, stored and read back, and lifted from other versions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import secret_fields, settings
from wakeful_collector.integrations.ollama.settings import FIELDS, GROUPS, Machine
from wakeful_collector.operations import arguments
from wakeful_collector.settings_fields import SettingsUnfit

from . import machines

if TYPE_CHECKING:
    from pathlib import Path

LEAST = {"name": "box", "url": "http://10.0.0.9:11434", "mac": "aa:bb:cc:dd:ee:fe"}


def problems(**given: Any) -> list[str]:
    with pytest.raises(SettingsUnfit) as unfit:
        settings.check({name: value for name, value in (LEAST | given).items() if value is not ...})
    return [one.field for one in unfit.value.problems]


def test_the_least_that_is_needed() -> None:
    one = settings.check(LEAST)
    assert (one.wake, one.sleep, one.parallel, one.queue) == ("packet", "never", 64, 256)
    assert one.can_wake
    assert not one.can_sleep
    assert not settings.check(LEAST | {"wake": "never"}).can_wake
    assert settings.check(LEAST | {"sleep": "ssh", "ssh_user": "root"}).can_sleep


def test_every_default_is_a_value_that_fits_and_every_schema_takes_it() -> None:
    for one in FIELDS:
        if one.name not in {"name", "url"}:
            value = getattr(settings.check(LEAST), one.name)
            assert one.metadata["kind"].check(value) == value
            plain = list(value) if isinstance(value, tuple) else value
            arguments.check({one.name: plain}, {"type": "object", "properties": settings.schema()})


def test_every_field_says_what_it_is() -> None:
    for one in FIELDS:
        assert one.metadata["group"] in GROUPS
        assert one.metadata["label"]
        assert one.metadata["help"].endswith(".") or one.metadata["help"].endswith("...")
        if one.metadata["example"]:
            kind = one.metadata["kind"]
            kind.check(kind.from_text(one.metadata["example"]))
    assert {one.group for one in secret_fields.SECRETS} <= set(GROUPS)
    assert not secret_fields.NAMES & {one.name for one in FIELDS}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": ...}, ["name"]),
        ({"name": ..., "url": ...}, ["name", "url"]),
        ({"name": "BOX", "url": "box", "parallel": 0, "colour": "red"}, ["colour", "name", "url", "parallel"]),
        ({"mac": ""}, ["mac"]),
        ({"wake": "action"}, ["wake_action"]),
        ({"wake": "action", "wake_action": "plug"}, ["wake_action"]),
        ({"sleep": "ssh"}, ["ssh_user"]),
        ({"sleep": "ssh", "ssh_user": "-x"}, ["ssh_user"]),
        ({"sleep": "action", "sleep_action": "suspend"}, ["sleep_action"]),
        ({"awake_from": "08:00"}, ["awake_until"]),
        ({"wake": "action", "sleep": "ssh", "awake_until": "08:00"}, ["wake_action", "ssh_user", "awake_until"]),
        ({"ssh_password": "hunter2"}, ["ssh_password"]),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(given: dict[str, Any], wrong: list[str]) -> None:
    assert problems(**given) == wrong


def test_a_problem_is_a_sentence() -> None:
    with pytest.raises(SettingsUnfit, match=r"mac is missing \(give the hardware address") as unfit:
        settings.check({"name": "box", "url": "http://10.0.0.9:11434"})
    assert str(unfit.value.problems[0]).startswith("mac is missing")


def test_a_machine_comes_back_from_its_row() -> None:
    whole = settings.check(
        LEAST
        | {
            "host": "abc-123",
            "default": True,
            "wake_arguments": {"a": [1]},
            "awake_from": "08:00",
            "awake_until": "19:00",
            "awake_days": ["mon", "tue"],
            "time_zone": "Europe/Madrid",
            "watts": 90,
        }
    )
    row = settings.row(whole, "sealed", 5, 9)
    assert (row.name, row.host, row.is_default, row.sealed, row.made_ms, row.changed_ms) == (
        "box",
        "abc-123",
        True,
        "sealed",
        5,
        9,
    )
    assert settings.made(row) == whole


def test_what_another_version_kept_is_left_out_and_what_it_lacks_is_the_default() -> None:
    row = settings.row(settings.check(LEAST), "", 1, 1)
    policy = {name: value for name, value in row.policy.items() if name != "queue"} | {"of_the_future": 1, "name": "x"}
    found = settings.made(dataclasses.replace(row, policy=policy))
    assert (found.queue, found.name) == (256, "box")


def test_machines_are_found_by_name(data: Path) -> None:
    machines.add(data, name="one")
    machines.add(data, name="another")
    assert [one.name for one in settings.machines(data)] == ["another", "one"]
    assert settings.machine(data, "one") == settings.machines(data)[1]
    assert settings.machine(data, "none") is None


def test_how_patient_the_state_machine_is() -> None:
    one = settings.check(LEAST | {"boot_seconds": 33, "idle_seconds": 44, "stop_seconds": 55})
    policy = settings.policy(one)
    assert (policy.boot_seconds, policy.idle_seconds, policy.stop_seconds, policy.repeat) == (33, 44, 55, True)
    by_action = settings.check(LEAST | {"wake": "action", "wake_host": "h", "wake_action": "plug"})
    assert not settings.policy(by_action).repeat


def test_the_schema_has_every_setting_and_every_secret() -> None:
    assert set(settings.schema()) == {one.name for one in dataclasses.fields(Machine)} | secret_fields.NAMES
