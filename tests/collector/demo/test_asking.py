"""What people did to the sample fleet is there: commands, a machine that sleeps, a channel; and waking wakes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.accounts.principal import local_principal
from wakeful_collector.config import Settings
from wakeful_collector.demo import driving, filling
from wakeful_collector.demo.keeping import KEEPER
from wakeful_collector.model.command import CommandState
from wakeful_collector.operations.core import REGISTRY
from wakeful_collector.operations.registry import run
from wakeful_collector.outbox.watching import Lookout
from wakeful_collector.read import channels, commands, deliveries, hosts, incidents
from wakeful_collector.store import channels as table
from wakeful_collector.store import database, vault

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.demo.story import Story

NOW_MS = 1_795_000_000_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story]:
    data = tmp_path_factory.mktemp("demo") / "data"
    database.create(data)
    return data, filling.fill(data, 12, 1, 1, NOW_MS, lambda _: None)


def test_commands_have_askers_and_ends(filled: tuple[Path, Story]) -> None:
    data, _ = filled
    found = commands.commands(data).commands
    assert {one.principal for one in found} == {"user:mira", "user:jonas", "key:nightly"}
    ends = {CommandState.DONE, CommandState.FAILED, CommandState.REFUSED}
    assert {one.state for one in found} == ends
    assert all(one.summary for one in found)


def test_a_storage_machine_sleeps_and_that_is_no_incident(filled: tuple[Path, Story]) -> None:
    data, story = filled
    (sleeper,) = [one for one in story.machines() if one.fate == "sleeps"]
    found = hosts.host(data, sleeper.id)
    assert found is not None
    absence = incidents.absence(data, found.key, NOW_MS)
    assert absence is not None
    assert absence.kind == "sleeping"
    Lookout()(data, Settings(data=data), NOW_MS + 1_000)
    assert {one.incident.subject for one in incidents.incidents(data, "open").incidents} == {"creative"}
    assert {one.incident.subject for one in incidents.incidents(data, "closed").incidents} == {"survival", "valheim"}


def test_the_channel_leads_nowhere(filled: tuple[Path, Story]) -> None:
    data, _ = filled
    (made,) = channels.channels(data)
    assert made.address == "http://127.0.0.1:9/..."
    with database.translated():
        kept = table.by_id(database.reader(data, "state"), made.id)
    assert kept is not None
    assert json.loads(vault.unseal(data, kept.sealed) or "")["url"].startswith("http://127.0.0.1:9/")
    assert deliveries.counts(data)["dead"] == 1
    assert deliveries.counts(data)["delivered"] == 1


def test_a_small_fleet_has_a_channel_and_no_commands(tmp_path: Path) -> None:
    database.create(tmp_path)
    filling.fill(tmp_path, 1, 1, 1, NOW_MS, lambda _: None)
    assert commands.commands(tmp_path).commands == []
    assert len(channels.channels(tmp_path)) == 1


def test_who_is_woken_pushes_again(filled: tuple[Path, Story]) -> None:
    data, story = filled
    driver = driving.Driver(data, story)
    sleeper = next(one for one in driver.puppets if one.machine.fate == "sleeps")
    keeper = driver.puppets[KEEPER]
    now_ms = story.end_ms + 15_000
    driver.push([keeper], now_ms)
    asked = run(
        Settings(data=data), REGISTRY, local_principal("test"), "host.wake", {"host": sleeper.machine.id}, now_ms
    )
    assert asked["relay"] == keeper.machine.id
    assert not sleeper.heard(now_ms)
    for seconds in (1, 2):
        driver.push([keeper], now_ms + seconds * 1000)
    ended = commands.command(data, asked["command"])
    assert ended is not None
    assert ended.state is CommandState.DONE
    assert sleeper.heard(now_ms + 3_000)
    assert driver.push([sleeper], now_ms + 3_000) == 1
    driver.close()
