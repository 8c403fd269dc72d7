"""States, tasks and areas in words."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.declare.steps import EFFECTS
from wakeful_collector.integrations.proxmox.pages import words
from wakeful_collector.store.proxmox_deeds import STATES
from wakeful_collector.web import pages_icons


def test_every_state_that_is_kept_has_its_word_and_icon() -> None:
    assert set(STATES) <= set(words.DEEDS)
    assert set(EFFECTS) == set(words.EFFECTS)
    every = [words.GUESTS, words.NODES, words.STORAGES, words.STEPS, words.EFFECTS]
    for word in (word for table in every for word in table.values()):
        assert word.mood in {"ok", "warn", "bad", "none", "new"}
        assert pages_icons.icon(word.icon)


def test_what_nobody_knows_stands_as_it_is() -> None:
    assert words.guest("hibernating").text == "hibernating"
    assert words.guest("").text == "Not known"
    assert words.guest("running", gone=True).text == "Gone"
    assert words.guest("stopped", template=True).text == "Template"
    assert (words.node("x").text, words.node("online", gone=True).text) == ("x", "Gone")
    assert (words.storage("x").text, words.storage("available", gone=True).text) == ("x", "Gone")
    assert words.storage("").text == words.node("").text == "Not known"
    assert words.deed("x").text == words.effect("x").text == words.task("x") == words.kind("x") == "x"
    assert {words.task(f"qm{one}") for one in ("start", "stop", "clone")} == {"Start", "Stop", "Clone"}
    assert "start" in KINDS


@pytest.mark.parametrize(
    ("status", "mood", "text"),
    [
        ("", "new", "runs"),
        ("OK", "ok", "done"),
        ("WARNINGS: 2", "warn", "done with 2 warnings"),
        ("WARNINGS: 1", "warn", "done with 1 warning"),
        ("WARNINGS", "warn", "done, with warnings"),
        ("WARNINGS: \u00b2", "warn", "done, with warnings"),
        ("got timeout", "bad", "got timeout"),
    ],
)
def test_how_a_task_ended(status: str, mood: str, text: str) -> None:
    found = words.ended(status)
    assert (found.mood, found.text) == (mood, text)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("guests", "guests"),
        ("ha", "high availability"),
        ("backup jobs", "backup jobs"),
        ("node/pve1/networks", "networks of node pve1"),
        ("node/pve1/status", "node pve1"),
        ("node/pve1/other", "other of node pve1"),
        ("content/nas", "contents of nas"),
        ("content/pve1/local", "contents of local on pve1"),
        ("storage definitions", "storage definitions"),
    ],
)
def test_areas_have_names(name: str, said: str) -> None:
    assert words.area(name) == said


def test_people_numbers_and_systems() -> None:
    assert [words.counted(number, "guest") for number in (0, 1, 2)] == ["no guests", "1 guest", "2 guests"]
    assert words.counted(2, "story", "stories") == "2 stories"
    assert [words.who(one) for one in ("user:mira", "key:ci", "root@pam")] == ["mira", "ci", "root@pam"]
    assert [words.system(one) for one in ("l26", "win11", "debian", "other", "")] == [
        "Linux",
        "Windows 11",
        "Debian",
        "",
        "",
    ]
