"""The postman: delivers to real receivers, waits for nobody, and nothing is lost when it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.config import Settings
from wakeful_collector.model.incident import Incident
from wakeful_collector.model.story import Line
from wakeful_collector.outbox import telling
from wakeful_collector.outbox.posting import Postman, page_link
from wakeful_collector.read import deliveries
from wakeful_collector.store import channels, database, outbox, vault
from wakeful_collector.store.changes import changing

from ...fakes.webhook_receiver import receiver, slow_receiver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = 1_795_000_000_000
ONE = Incident(
    "inc_1", 1, "watch", "survival", "a1", "open", T, T, T, cause="is down", story=(Line(T, "watch.down", "is down"),)
)


@pytest.fixture(autouse=True)
def time_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock begins at the tests' time."""
    began = time.time_ns() // 1_000_000
    monkeypatch.setattr(clock, "now_ms", lambda: T + time.time_ns() // 1_000_000 - began)


def tell(data: Path, moment: str = "opened", incident: Incident = ONE) -> None:
    with changing(data) as connection:
        telling.tell(connection, incident, moment, T)


def states(data: Path) -> dict[str, str]:
    return {one.id: one.state for one in deliveries.deliveries(data).deliveries}


def deliver(settings: Settings, now_ms: int = T + 1_000, postman: Postman | None = None) -> int:
    postman = postman or Postman()
    started = postman(settings.data, settings, now_ms)
    postman.wait(40)
    return started


def test_a_message_arrives_with_its_story_and_its_id(
    settings: Settings, data: Path, machine: Callable[..., Any], channel: Callable[..., Any]
) -> None:
    web = machine("web-1")
    with receiver() as door:
        channel(door.url)
        tell(data, incident=replace(ONE, host_key=web.key))
        assert deliver(settings) == 1
        [got] = door.received
    document = got["document"]
    assert document["id"] == got["headers"]["Wakeful-Delivery"] == "inc_1.opened.ch_1"
    assert (document["moment"], document["title"]) == ("opened", "survival on web-1 is down")
    assert document["incident"]["story"] == [{"at": "2026-11-18T11:06:40Z", "kind": "watch.down", "text": "is down"}]
    assert document["link"] == f"http://127.0.0.1:8800/hosts/{web.id}/watches?incident=inc_1#inc_1"
    [kept] = deliveries.deliveries(data).deliveries
    assert (kept.state, kept.tries, kept.log[0]["outcome"]) == ("delivered", 1, "delivered")
    assert deliver(settings) == 0


def test_a_failure_is_tried_again_with_the_same_id(settings: Settings, data: Path, channel: Callable[..., Any]) -> None:
    with receiver(answer=lambda n: (503 if n < 2 else 200, {})) as door:
        channel(door.url)
        tell(data)
        now = T + 1_000
        for _ in range(3):
            assert deliver(settings, now) == 1
            assert deliver(settings, T + 1_000) == 0, "its time has not come"
            now += 60_000
        ids = [one["headers"]["Wakeful-Delivery"] for one in door.received]
        assert ids == ["inc_1.opened.ch_1"] * 3
    [kept] = deliveries.deliveries(data).deliveries
    assert (kept.state, [one["outcome"] for one in kept.log]) == ("delivered", ["failed", "failed", "delivered"])


def test_what_is_too_old_is_given_up_and_seen(
    settings: Settings, data: Path, channel: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with receiver(answer=lambda _: (500, {})) as door:
        channel(door.url)
        tell(data)
        with changing(data) as connection:
            connection.execute("UPDATE deliveries SET made_ms = ?", (T - 86_400_000,))
        deliver(settings)
    [kept] = deliveries.deliveries(data, state="dead").deliveries
    assert kept.error == "it answered 500 Internal Server Error"
    assert "is given up" in caplog.text
    assert "PathIsASecret" not in caplog.text
    assert deliveries.counts(data) == {"dead": 1}


def test_a_channel_that_hangs_delays_nobody_else(settings: Settings, data: Path, channel: Callable[..., Any]) -> None:
    short = replace(settings, notify_timeout_seconds=3)
    with slow_receiver(trickles=True) as (hanging, heard), receiver() as door:
        channel(hanging)
        channel(door.url)
        for number in range(3):
            tell(data, incident=replace(ONE, id=f"inc_{number}"))
        postman = Postman()
        began = time.monotonic()
        while len(door.received) < 3 and time.monotonic() - began < 20:
            postman(data, short, T + 1_000)
            time.sleep(0.05)
        took = time.monotonic() - began
        assert len(door.received) == 3
        postman.wait(20)
        assert len(heard) >= 1
    assert took < 20
    assert [one.state for one in deliveries.deliveries(data, channel="ch_2").deliveries] == ["delivered"] * 3
    said = [one.error for one in deliveries.deliveries(data, channel="ch_1").deliveries if one.log]
    assert said[-1].startswith("it took"), said


def test_many_messages_for_a_channel_that_hangs_hide_nobody_elses(
    settings: Settings, data: Path, channel: Callable[..., Any]
) -> None:
    short = replace(settings, notify_timeout_seconds=3)
    with slow_receiver(trickles=True) as (hanging, _), receiver() as door:
        channel(hanging)
        for number in range(90):
            tell(data, incident=replace(ONE, id=f"inc_{number}"))
        channel(door.url)
        tell(data, incident=replace(ONE, id="inc_late"))
        postman = Postman()
        assert postman(data, short, T + 1_000) == 2
        postman.wait(20)
        assert [one["document"]["id"] for one in door.received] == ["inc_late.opened.ch_2"]


def test_only_so_many_go_at_once(settings: Settings, data: Path, channel: Callable[..., Any]) -> None:
    with receiver() as door:
        for _ in range(4):
            channel(door.url)
        tell(data)
        postman = Postman(lanes=2)
        assert postman(data, settings, T + 1_000) == 2
        postman.wait(40)
        assert postman(data, settings, T + 1_000) == 2
        postman.wait(40)
        assert len(door.received) == 4


def test_a_test_has_one_try_and_is_sent_by_a_channel_that_is_off(
    settings: Settings, data: Path, channel: Callable[..., Any]
) -> None:
    with receiver(answer=lambda n: (200 if n == 0 else 500, {})) as door:
        made = channel(door.url)
        with changing(data) as connection:
            channels.keep(connection, replace(made, enabled=False))
            telling.test(connection, made, "test_1", T)
            telling.test(connection, made, "test_2", T)
            outbox.add(connection, "inc_1.opened", "inc_1", "opened", {"moment": "opened", "incident": None}, T)
            outbox.address(connection, "inc_1.opened", made.id, made.name, T, T)
        for _ in range(3):
            deliver(settings)
        assert [one["document"]["title"] for one in door.received] == ["Wakeful: a test"] * 2
    assert states(data) == {"test_1.ch_1": "delivered", "test_2.ch_1": "dead", "inc_1.opened.ch_1": "dead"}


def test_a_channel_that_is_gone_or_cannot_be_read(settings: Settings, data: Path, channel: Callable[..., Any]) -> None:
    made = [channel("http://127.0.0.1:1/") for _ in range(2)]
    tell(data)
    with changing(data) as connection:
        channels.remove(connection, made[0].id)
        channels.keep(connection, replace(made[1], sealed="v1.nothing"))
    deliver(settings)
    errors = [one.error for one in deliveries.deliveries(data, state="dead").deliveries]
    assert errors == ["its address cannot be read with this collector's key: give it again", "the channel was removed"]


def test_a_fault_of_ours_is_tried_again_and_logged(
    settings: Settings, data: Path, channel: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    made = channel("http://127.0.0.1:1/")
    tell(data)
    with changing(data) as connection:
        channels.keep(connection, replace(made, sealed=vault.seal(data, json.dumps(["no", "object"]))))
    deliver(settings)
    [kept] = deliveries.deliveries(data).deliveries
    assert (kept.state, kept.error) == ("waiting", "the collector could not attempt it; its log says why")
    assert "could not be attempted" in caplog.text


def test_an_outcome_that_cannot_be_noted_is_tried_again(
    settings: Settings, data: Path, channel: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    with slow_receiver() as (url, heard):
        channel(url)
        tell(data)
        postman = Postman()
        postman(data, replace(settings, notify_timeout_seconds=3), T + 1_000)
        deadline = time.monotonic() + 10
        while not heard and time.monotonic() < deadline:
            time.sleep(0.02)
        away = data.with_name("away")
        data.rename(away)
        postman.wait(20)
        away.rename(data)
    assert "could not be noted" in caplog.text
    with closing(database.writer(data, "state")) as connection:
        assert outbox.due(connection, T + 10_000, 9) == []
        assert [one.id for one in outbox.due(connection, T + 60_000, 9)] == ["inc_1.opened.ch_1"]


def test_a_claim_that_ran_out_is_said(
    settings: Settings, data: Path, channel: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    def steal(_: int) -> tuple[int, dict[str, str]]:
        with changing(data) as connection:
            connection.execute("UPDATE deliveries SET claim = 'of another'")
        return 200, {}

    with receiver(answer=steal) as door:
        channel(door.url)
        tell(data)
        deliver(settings)
    assert "took longer than its claim" in caplog.text
    assert states(data) == {"inc_1.opened.ch_1": "claimed"}


WORKER = """
import sys, time
from pathlib import Path
from wakeful_collector.config import Settings
from wakeful_collector.outbox.posting import Postman
settings = Settings(data=Path(sys.argv[1]), notify_timeout_seconds=2)
postman = Postman()
print("ready", flush=True)
while True:
    postman(settings.data, settings, time.time_ns() // 1_000_000 + int(sys.argv[2]))
    time.sleep(0.02)
"""


def worker(data: Path, ahead_ms: int) -> subprocess.Popen[bytes]:
    started = subprocess.Popen([sys.executable, "-c", WORKER, str(data), str(ahead_ms)], stdout=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stdout.readline() == b"ready\n"
    return started


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


def test_killed_between_claim_and_delivery_it_arrives_by_the_next_one(data: Path, channel: Callable[..., Any]) -> None:
    """kill -9 while the receiver has the request and has not answered: at least once, with the same id."""
    ahead_ms = T - time.time_ns() // 1_000_000
    with slow_receiver() as (url, heard):
        made = channel(url)
        tell(data)
        first = worker(data, ahead_ms)
        deadline = time.monotonic() + 20
        while not heard and time.monotonic() < deadline:
            time.sleep(0.01)
        kill(first)
    assert b"Wakeful-Delivery: inc_1.opened.ch_1" in heard[0]
    assert states(data) == {"inc_1.opened.ch_1": "claimed"}
    with receiver() as door:
        with changing(data) as connection:
            sealed = vault.seal(data, json.dumps({"url": door.url, "secret": "s" * 16}))
            channels.keep(connection, replace(made, sealed=sealed))
        second = worker(data, ahead_ms)
        try:
            time.sleep(1)
            assert not door.received, "the claim of the dead one still stands"
            third = worker(data, ahead_ms + 20_000)
            try:
                [got] = door.wait(1)
                time.sleep(0.5)
                assert len(door.received) == 1, "one of two took it"
            finally:
                kill(third)
        finally:
            kill(second)
    assert got["headers"]["Wakeful-Delivery"] == "inc_1.opened.ch_1"


def test_killed_again_and_again_nothing_is_lost(data: Path, channel: Callable[..., Any]) -> None:
    """Wherever the kill falls - before the claim, in the child, before the outcome is kept - all of them arrive."""
    ahead_ms = T - time.time_ns() // 1_000_000
    with receiver() as door:
        for _ in range(2):
            channel(door.url)
        for number in range(3):
            tell(data, incident=replace(ONE, id=f"inc_{number}"))
        wanted = {f"inc_{number}.opened.ch_{one}" for number in range(3) for one in (1, 2)}
        for turn in range(7):
            process = worker(data, ahead_ms + turn * 20_000)
            time.sleep(0.01 + 0.03 * turn)
            kill(process)
        final = worker(data, ahead_ms + 1_000_000)
        deadline = time.monotonic() + 30
        while set(states(data).values()) != {"delivered"} and time.monotonic() < deadline:
            time.sleep(0.05)
        kill(final)
        assert {one["document"]["id"] for one in door.received} == wanted
    assert set(states(data).values()) == {"delivered"}


def test_many_at_once_are_one_message_to_people_and_each_to_programs(
    settings: Settings, data: Path, machine: Callable[..., Any], channel: Callable[..., Any]
) -> None:
    web = machine("web-1")
    with receiver(answer=lambda n: (500 if n == 0 else 200, {})) as people, receiver() as programs:
        channel(f"json://127.0.0.1:{people.port}/x", "apprise")
        for number in range(6):
            tell(data, incident=replace(ONE, id=f"inc_{number}", host_key=web.key, subject=f"server-{number}"))
        tell(data, "healed", incident=replace(ONE, id="inc_0"))
        deliver(settings)
        assert len(people.received) == 1
        assert set(states(data).values()) == {"waiting"}
        deliver(settings, T + 60_000)
        title, text = (people.received[1]["document"][name] for name in ("title", "message"))
        assert title.startswith("6 incidents need somebody: server-0 on web-1 is down; server-1")
        assert all(f"server-{number} on web-1" in text and f"#inc_{number}" in text for number in range(6))
        assert set(states(data).values()) == {"delivered"}
        channel(programs.url)
        for number in range(10, 16):
            tell(data, incident=replace(ONE, id=f"inc_{number}"))
        for _ in range(6):
            deliver(settings, T + 120_000)
        assert len(programs.received) == 6


def test_the_link_of_a_cluster() -> None:
    settings = Settings(data="/nowhere")  # type: ignore[arg-type]  # only its addresses matter
    told = {"incident": {"id": "inc_1", "kind": "proxmox", "subject": "home/node/pve2", "host": {"id": ""}}}
    assert page_link(settings, told) == "http://127.0.0.1:8800/integrations/proxmox/home"


def test_links() -> None:
    settings = Settings(data="/nowhere")  # type: ignore[arg-type]  # only its addresses matter
    told = {"incident": {"id": "inc_1", "kind": "watch", "host": {"id": "agt_1"}}}
    assert page_link(settings, told) == "http://127.0.0.1:8800/hosts/agt_1/watches?incident=inc_1#inc_1"
    assert (
        page_link(replace(settings, public_url="https://w.example"), {"incident": None})
        == "https://w.example/settings/notifications"
    )
