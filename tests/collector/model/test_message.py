"""What people read: short titles, the whole story, bounded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wakeful_collector.model import message
from wakeful_collector.model.incident import Incident
from wakeful_collector.model.story import Line

T = 1_795_000_000_000
WATCH = Incident(
    id="inc_1",
    host_key=7,
    kind="watch",
    subject="survival",
    reference="a1",
    state="open",
    opened_ms=T,
    changed_ms=T,
    heard_ms=T,
    cause="is down: exit code 1",
    attempts=5,
    story=(
        Line(T, "watch.down", "is down: exit code 1"),
        Line(T + 60_000, "recovery.given_up", "gave up after 5 attempts"),
    ),
    console=("boot", "crash"),
)
HOST = replace(WATCH, kind="host", subject="web-1", cause="has been silent for 2 min", attempts=0, console=(), story=())


def written(incident: Incident, moment: str) -> message.Message:
    return message.render(message.document(incident, "agt_1", "web-1", ("prod", "eu"), moment), "https://w/hosts/agt_1")


def test_a_call_tells_what_was_seen_tried_and_said_last() -> None:
    title, text, level = written(WATCH, "opened")
    assert title == "survival on web-1 gave up after 5 attempts"
    assert level == "failure"
    for part in (
        "Host: web-1 (prod, eu)",
        "Since: 2026-11-18 11:06:40 UTC",
        "Seen: is down: exit code 1",
        "Tried: 5 attempts",
        "  11:07:40  gave up after 5 attempts",
        "Last lines of the console:\n  boot\n  crash",
    ):
        assert part in text
    assert text.endswith("\n\nhttps://w/hosts/agt_1")


@pytest.mark.parametrize(
    ("changed", "moment", "title"),
    [
        ({"story": ()}, "opened", "survival on web-1 is down: exit code 1"),
        ({"over_ms": T + 720_000}, "closed", "survival on web-1 is up again after 12 min"),
        ({"over_ms": T + 20_000}, "healed", "survival on web-1 repaired itself after 20 s"),
        ({}, "closed", "survival on web-1 is up again after a while"),
        ({"kind": "blind", "over_ms": T + 60_000}, "closed", "survival on web-1 can be watched again after 60 s"),
        (
            {"over_ms": T, "ending": "was stopped by a person: by ada"},
            "closed",
            "survival on web-1 was stopped by a person: by ada",
        ),
    ],
)
def test_titles_of_watches(changed: dict[str, Any], moment: str, title: str) -> None:
    assert written(replace(WATCH, **changed), moment).title == title


def test_titles_of_hosts() -> None:
    assert written(HOST, "opened").title == "web-1 has been silent for 2 min"
    back = written(replace(HOST, over_ms=T + 840_000), "closed")
    assert (back.title, back.level) == ("web-1 is back after 14 min", "success")


def test_the_end_says_how_often_it_fell_and_leaves_out_the_console() -> None:
    text = written(replace(WATCH, falls=7, attempts=1, over_ms=T + 5), "closed").text
    assert "It fell 7 times" in text
    assert "Tried: 1 attempt\n" in text
    assert "console" not in text


def test_everything_is_bounded() -> None:
    long = replace(
        WATCH,
        subject="s" * 400,
        cause="c" * 400,
        console=tuple("c" * 240 for _ in range(60)),
        story=tuple(Line(T + n, "recovery.attempted", f"tried {n} " + "x" * 390) for n in range(60)),
    )
    title, text, _ = written(long, "opened")
    assert len(title) == message.TITLE_CHARACTERS_MAX
    assert len(text) <= message.TEXT_CHARACTERS_MAX
    assert text.endswith("https://w/hosts/agt_1")
    assert "... 44 more ..." in text


def test_a_test_says_so() -> None:
    title, text, level = message.render(message.test_document("phone", T), "https://w/settings")
    assert (title, level) == ("Wakeful: a test", "info")
    assert "channel phone" in text
    assert text.endswith("https://w/settings")


def test_headlines() -> None:
    assert message.headline(WATCH, "web-1") == "survival on web-1 gave up after 5 attempts"
    over = replace(WATCH, over_ms=T + 60_000)
    assert message.headline(over, "web-1") == "survival on web-1 repaired itself after 60 s"
    assert message.headline(replace(over, told_ms=T), "web-1") == "survival on web-1 is up again after 60 s"


def test_a_console_calls_nobody_in_a_chat() -> None:
    hostile = replace(WATCH, subject="@everyone", console=("<@1234> @here mail ada@example.org", "@All <#5>"), story=())
    title, text, _ = written(hostile, "opened")
    assert "@everyone" not in title + text
    assert not any(call in text for call in ("<@1234>", "@here", "@All", "<#5>"))
    assert "ada@example.org" in text


def test_many_are_named_in_one_message_within_bounds() -> None:
    kept = [message.document(replace(WATCH, subject=f"s{n}"), "agt_1", "web-1", (), "opened") for n in range(400)]
    links = [f"https://w.example/hosts/agt_1#inc_{n}" for n in range(400)]
    title, text, level = message.digest(kept, links)
    assert title.startswith("400 incidents need somebody: s0 on web-1 gave up after 5 attempts; s1 on")
    assert (len(title), level) == (message.TITLE_CHARACTERS_MAX, "failure")
    assert len(text) <= message.TEXT_CHARACTERS_MAX
    assert text.splitlines()[-1].startswith("... and ")
    few = message.digest([{**one, "moment": "closed"} for one in kept[:4]], links[:4])
    assert few.title.startswith("4 incidents are over: ")
    assert few.text.count("\n") == 7
    assert few.level == "success"


@pytest.mark.parametrize(
    ("subject", "cause", "title"),
    [
        ("home", "cannot be looked at: refused", "home cannot be looked at: refused"),
        ("home/quorum", "has no quorum", "home has no quorum"),
        ("home/node/pve2", "is offline", "node pve2 of home is offline"),
        ("home/backup/100", "was not backed up: boom", "guest 100 of home was not backed up: boom"),
        ("home/backup/pve1", "was not backed up: boom", "what pve1 of home holds was not backed up: boom"),
    ],
)
def test_something_of_a_cluster(subject: str, cause: str, title: str) -> None:
    one = replace(WATCH, kind="proxmox", host_key=0, subject=subject, cause=cause, attempts=0, story=(), console=())
    found = message.render(message.document(one, "", "", (), "opened"), "https://w/integrations/proxmox/home")
    assert found.title == title
    assert "Proxmox cluster: home" in found.text
    assert "Host:" not in found.text
    over = message.render(message.document(replace(one, over_ms=T + 60_000), "", "", (), "closed"), "https://w/")
    assert over.title.endswith("is well again after 60 s")
