"""A machine that sleeps, and everybody who wants it: woken once, waited for, served in order, or told why not."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import ollama as official
import openai
import pytest

from ..fakes.ollama_clients import PROMPT, Hand, compatible, native, paced
from ..fakes.sleeping_machine import SleepingMachine, sleeping_machine
from .gateway import Gateway, gateway, took

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BURST = 3
"""How often one call of a machine sends its packet."""
CHAT = {"model": "gem", "messages": PROMPT}
SAID = "You said: the quick brown fox"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of two processes that answer and one that works."""
    with gateway(tmp_path_factory.mktemp("gateway") / "data") as made:
        yield made


@pytest.fixture
def sleeper(door: Gateway) -> Iterator[SleepingMachine]:
    """The default machine, asleep; it boots within two seconds."""
    with sleeping_machine(2.0) as machine:
        door.add("box", "asleep", default=True, keepalive_seconds=1, **machine.settings)
        try:
            yield machine
        finally:
            door.run("gateway.machine.remove", name="box")


def all_at_once(actions: list[Callable[[], Any]], apart_seconds: float = 0.0, seconds: float = 60) -> list[Any]:
    """Run everything in threads, one begun after the other; return what came of each, an error as itself."""
    results: list[Any] = [None] * len(actions)

    def run(number: int) -> None:
        try:
            results[number] = actions[number]()
        except Exception as error:
            results[number] = error  # the test looks at it

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(actions))]
    for thread in threads:
        thread.start()
        time.sleep(apart_seconds)
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.1, until - time.monotonic()))
    return results


def words(parts: Any) -> str:
    return "".join(part.message.content or "" for part in parts)


def openai_words(chunks: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


# The cold wake.


def test_a_cold_wake_outlasts_what_clients_and_proxies_wait(door: Gateway) -> None:
    """112 s of booting, clients that read for 30 s at most, 10 s between keep-alives: all of it at a tenth."""
    with sleeping_machine(11.2) as machine:
        door.add("cold", "asleep", keepalive_seconds=1, **machine.settings)
        url, key = door.url("cold"), door.key
        streamed = native(url, key, timeout=3.0)
        other = compatible(url, key, timeout=3.0, max_retries=0)

        def by_hand() -> tuple[str | None, bytes]:
            with Hand(url, key).answering("POST", "/api/generate", {"model": "gem", "prompt": "x"}, seconds=3) as got:
                return got.headers["Wakeful-State"], got.read()

        calls: list[Callable[[], Any]] = [
            lambda: words(streamed.chat("gem", PROMPT, stream=True)),
            lambda: openai_words(other.chat.completions.create(**CHAT, stream=True)),  # type: ignore[call-overload]  # plain dicts
            lambda: "".join(part.response for part in streamed.generate("gem", "x", stream=True)),
            lambda: [event.type for event in other.responses.create(model="gem", input="x", stream=True)][-1],
            by_hand,
        ]
        seconds, results = took(lambda: all_at_once(calls))
        assert results[:4] == [SAID, SAID, "You said: x", "response.completed"]
        assert seconds > 11.2
        state, body = results[4]
        assert state == "waking"
        beats = len(body) - len(body.lstrip(b" "))
        assert 6 <= beats <= 14, "one a second, and every one a space"
        assert all(json.loads(line) for line in body.strip().split(b"\n")), "no line is blank"
        assert len(machine.wakings) == 1
        assert [visit.outcome for visit in machine.ollama.seen("/api/chat")] == ["served"]
        door.run("gateway.machine.remove", name="cold")


def test_a_client_that_wants_no_stream_waits_as_well(door: Gateway, sleeper: SleepingMachine) -> None:
    seconds, answer = took(lambda: native(door.url(), door.key).chat("gem", PROMPT))
    assert answer.message.content == SAID
    assert seconds > 2.0


def test_plain_answers_can_be_kept_alive_too(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.boot_seconds = 4.0
    door.run("gateway.machine.change", name="box", keepalive_plain=True)
    client = compatible(door.url(), door.key, timeout=2.5, max_retries=0)
    whole = client.chat.completions.create(**CHAT)  # type: ignore[call-overload]  # plain dicts
    assert whole.choices[0].message.content == SAID


# Once, however many.


def test_a_hundred_clients_wake_it_once_and_are_all_served(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.ollama.manners.parallel = 200
    paced(sleeper.ollama, 5, 0.05)

    def by_native() -> str:
        return words(native(door.url(), door.key).chat("gem", PROMPT, stream=True))

    def by_openai() -> str:
        client = compatible(door.url(), door.key, max_retries=0)
        return openai_words(client.chat.completions.create(**CHAT, stream=True))  # type: ignore[call-overload]  # plain dicts

    results = all_at_once([by_native, by_openai] * 50, seconds=90)
    assert {str(result) for result in results} == {" 0 1 2 3 4"}
    assert len(sleeper.wakings) == 1
    assert len(sleeper.packets) <= 2 * BURST, "one call, and another one when ten seconds had passed"
    served = sleeper.ollama.seen("/api/chat") + sleeper.ollama.seen("/v1/chat/completions")
    assert len(served) == 100
    found = door.wait_for("box", lambda one: one["requests"] == {"running": 0, "waiting": 0})
    assert found["leases"] == []


def test_they_are_released_in_order(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.boot_seconds = 5.0
    door.run("gateway.machine.change", name="box", parallel=1)
    client = native(door.url(), door.key)
    calls = [lambda number=number: client.generate("gem", f"number {number}").done for number in range(8)]
    assert all_at_once(calls, apart_seconds=0.35) == [True] * 8
    asked = [visit.json()["prompt"] for visit in sleeper.ollama.seen("/api/generate")]
    assert asked == [f"number {number}" for number in range(8)]


def test_keys_take_turns(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.boot_seconds = 5.0
    door.run("gateway.machine.change", name="box", parallel=1)
    greedy, modest = native(door.url(), door.key), native(door.url(), door.new_key("modest", "gateway"))
    calls = [lambda number=number: greedy.generate("gem", f"greedy {number}") for number in range(6)]
    calls += [lambda: modest.generate("gem", "modest")]
    all_at_once(calls, apart_seconds=0.2)
    asked = [visit.json()["prompt"] for visit in sleeper.ollama.seen("/api/generate")]
    assert asked.index("modest") <= 2, asked


def test_what_does_not_fit_in_the_queue_is_told_at_once(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.boot_seconds = 5.0
    door.run("gateway.machine.change", name="box", queue=2)
    client = native(door.url(), door.key)
    calls = [lambda: client.generate("gem", "x").done] * 2
    calls += [lambda: took(lambda: Hand(door.url(), door.key).ask("POST", "/api/generate", {"model": "gem"}))]
    first, second, (seconds, full) = all_at_once(calls, apart_seconds=0.3)
    assert (first, second) == (True, True)
    assert seconds < 2.5
    assert full.status == 503
    assert int(full.headers["retry-after"]) > 0
    assert "error" in full.json()


def test_automatic_retries_are_one_wake(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.boot_seconds = 3.0
    client = compatible(door.url(), door.key, timeout=1.5, max_retries=4)
    whole = client.chat.completions.create(**CHAT)  # type: ignore[call-overload]  # plain dicts
    assert whole.choices[0].message.content == SAID
    assert len(sleeper.wakings) == 1
    assert len(sleeper.packets) == BURST
    assert len(sleeper.ollama.seen("/v1/chat/completions")) == 1, "those that had given up never came there"


# When it does not come.


def test_a_lost_packet_is_sent_again(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.deaf = BURST
    sleeper.boot_seconds = 0.5
    seconds, answer = took(lambda: native(door.url(), door.key).generate("gem", "x"))
    assert answer.done
    assert len(sleeper.wakings) == 1
    assert len(sleeper.packets) == 2 * BURST
    assert seconds < 30


def test_a_machine_that_never_shows(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.broken = True
    door.run("gateway.machine.change", name="box", boot_seconds=4)
    hand = Hand(door.url(), door.key)
    plain: dict[str, Any] = {**CHAT, "stream": False}
    calls: list[Callable[[], Any]] = [
        lambda: hand.ask("POST", "/api/chat", plain),
        lambda: hand.ask("POST", "/v1/chat/completions", CHAT),
        lambda: list(native(door.url(), door.key).chat("gem", PROMPT, stream=True)),
        lambda: list(
            compatible(door.url(), door.key, max_retries=0).chat.completions.create(**CHAT, stream=True)  # type: ignore[call-overload]  # plain dicts
        ),
    ]
    own, theirs, line, event = all_at_once(calls)
    assert (own.status, theirs.status) == (504, 504)
    assert "no answer within 4 s" in own.json()["error"]
    assert "no answer within 4 s" in theirs.json()["error"]["message"]
    assert int(own.headers["retry-after"]) > 0
    assert own.headers["wakeful-state"] == "unreachable"
    assert isinstance(line, official.ResponseError), line
    assert "no answer within 4 s" in line.error
    assert isinstance(event, openai.APIError), event
    assert "no answer within 4 s" in str(event)
    sent = len(sleeper.packets)
    assert sent == BURST
    patient = compatible(door.url(), door.key)
    with pytest.raises(openai.APIStatusError) as caught:
        patient.chat.completions.create(**CHAT)  # type: ignore[call-overload]  # plain dicts
    assert caught.value.status_code == 504
    assert hand.ask("POST", "/api/chat", plain).status == 504
    assert len(sleeper.packets) == sent, "who asks again soon wakes nothing again"
    sleeper.broken = False
    door.run("gateway.wake", machine="box")
    door.wait_for("box", lambda found: found["state"] != "unreachable")
    assert native(door.url(), door.key).generate("gem", "x").done, "a person's button may"


def test_who_only_polls_wakes_nothing(door: Gateway, sleeper: SleepingMachine) -> None:
    client, hand = native(door.url(), door.key), Hand(door.url(), door.key)
    assert client.list().models == []
    assert sleeper.packets == []
    assert client.generate("gem", "x", keep_alive="1h").done
    seen = client.list()
    assert {model.model for model in client.ps().models} == {"gem:latest"}
    assert compatible(door.url(), door.key).models.list().data
    hand.ask("GET", "/api/version")
    sleeper.power_off()
    sleeper.packets.clear()
    door.wait_for_state("box", "asleep")
    assert client.list() == seen
    assert {model.id for model in compatible(door.url(), door.key).models.list()} >= {"gem:latest"}
    assert {model.model for model in client.ps().models} == {"gem:latest"}
    for method in ("GET", "HEAD"):
        for path in ("/", "/api/version", "/api/tags"):
            answer = hand.ask(method, path)
            assert (answer.status, answer.headers["wakeful-state"]) == (200, "asleep"), (method, path)
    time.sleep(1.0)
    assert sleeper.packets == []
    assert door.machine("box")["state"] == "asleep"


def test_a_client_that_gives_up_leaves_nothing_behind(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.boot_seconds = 4.0
    with pytest.raises(TimeoutError):
        Hand(door.url(), door.key).ask("POST", "/api/chat", {**CHAT, "stream": False}, seconds=1.0)
    door.wait_for("box", lambda found: found["requests"] == {"running": 0, "waiting": 0}, 20)
    door.wait_for_state("box", "awake")
    assert sleeper.ollama.seen("/api/chat") == []


def test_a_machine_that_was_switched_off_behind_its_back_is_woken_again(
    door: Gateway, sleeper: SleepingMachine
) -> None:
    sleeper.power_on()
    door.wait_for_state("box", "awake")
    assert sleeper.packets == []
    client = native(door.url(), door.key)
    assert client.generate("gem", "x").done
    sleeper.power_off()
    seconds, answer = took(lambda: client.generate("gem", "y"))
    assert answer.response == "You said: y"
    assert len(sleeper.wakings) == 2
    assert seconds < 25
