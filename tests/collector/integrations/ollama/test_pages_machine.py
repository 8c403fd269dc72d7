"""The page of one machine: what it does, who needs it, what it has, when it woke and slept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import gateway, gateway_leases
from wakeful_collector.store import gateway_history
from wakeful_collector.store.changes import changing_gateway

from .gateway_data import HOSTILE, NOW_MS, keep, lease, request, say, stand, turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = "/integrations/ollama/gpu"
PART = {"HX-Request": "true"}


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person("ada", "operate")


@pytest.fixture
def gpu(data: Path) -> Path:
    """A machine called gpu stands behind the gateway of this data folder."""
    keep(data)
    return data


def press(person: Any, operation: str, **fields: str) -> Any:
    return person.client.post(f"/ask/{operation}", data={"csrf": person.csrf, **fields}, headers=PART)


def test_a_machine_that_nobody_looked_at_says_so(ada: Any, gpu: Path) -> None:
    text = ada.get(PATH).text
    assert "It was not looked at yet." in text
    assert "Nobody saw its models yet." in text
    assert "Nobody.</p>" in text
    assert "it neither woke nor slept" in text
    assert ada.get("/integrations/ollama/none").status_code == 404


@pytest.mark.parametrize(
    ("state", "word", "next_words"),
    [
        ("asleep", "Asleep", "It is woken by the first request."),
        ("waking", "Waking", "In 2 min it is given up unless it answers."),
        ("awake", "Awake", "In 14 min it sleeps unless it is used."),
        ("draining", "Going to sleep", "In 4 s it is ordered to sleep unless somebody comes."),
        ("stopping", "Shutting down", "In 1 min it counts as still awake unless it is gone."),
        ("unreachable", "Unreachable", "It is woken by the next request."),
    ],
)
def test_every_state_says_what_happens_next(ada: Any, gpu: Path, state: str, word: str, next_words: str) -> None:
    stand(gpu, state, 1 if state != "draining" else 1 / 60, reason="because")
    text = ada.get(f"{PATH}?part=standing", headers=PART).text
    assert f"<span>{word}</span>" in text
    assert next_words in text
    assert ": because" in text
    assert ("every 2s" in text) is (state in {"waking", "draining", "stopping"})


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("asleep", "gpu is asleep; it is woken by the first request."),
        ("waking", "gpu is waking; in 2 min it is given up unless it answers."),
        ("awake", "gpu is awake and works on it."),
        ("draining", "gpu is awake and works on it."),
        ("stopping", "gpu is shutting down, and is woken again after that."),
        ("unreachable", "gpu is unreachable; it is woken by the next request."),
    ],
)
def test_whoever_waits_in_the_chat_is_told_what_it_does(ada: Any, gpu: Path, state: str, said: str) -> None:
    stand(gpu, state, 1)
    assert ada.get(f"{PATH}/standing").get_json() == {"state": state, "says": said}


def test_whoever_waits_is_told_how_long_it_takes_as_a_rule(ada: Any, gpu: Path) -> None:
    with changing_gateway(gpu) as connection:
        gateway_history.count(connection, "gpu", "wakes", {"by": "request"}, 2)
        gateway_history.count(connection, "gpu", "wake_seconds", value=165)
    stand(gpu, "waking", 1)
    assert ada.get(f"{PATH}/standing").get_json()["says"] == "gpu is waking, which takes about 82 s."


def test_buttons_follow_the_state_and_do_what_they_say(ada: Any, gpu: Path) -> None:
    stand(gpu, "asleep")
    text = ada.get(PATH).text
    assert "Wake</button>" in text
    assert "Sleep now" not in text
    assert "It is called." in press(ada, "gateway.wake", machine="gpu").text
    asked = gateway.state(gpu, "gpu")
    assert asked is not None
    assert asked.asked is not None
    assert (asked.asked.what, asked.asked.by) == ("wake", "user:ada")
    stand(gpu, "awake")
    assert "Sleep now</button>" in ada.get(PATH).text
    assert "Noted." in press(ada, "gateway.permanent", machine="gpu", on="yes").text
    text = ada.get(PATH).text
    assert "Sleep anyway</button>" in text
    assert "Let it sleep again</button>" in text
    assert "in use" in press(ada, "gateway.sleep", machine="gpu").text
    assert "It goes to sleep" in press(ada, "gateway.sleep", machine="gpu", force="yes").text
    press(ada, "gateway.permanent", machine="gpu", on="no")
    known = gateway.state(gpu, "gpu")
    assert known is not None
    assert not known.permanent


def test_what_cannot_be_done_says_why(ada: Any, data: Path, person: Callable[..., Any]) -> None:
    keep(data, wake="never", sleep="never")
    stand(data, "unreachable")
    assert 'disabled title="Nothing says how gpu is woken."' in ada.get(PATH).text
    stand(data, "awake")
    assert "Sleep now" not in ada.get(PATH).text
    text = person("bob", "read").get(PATH).text
    assert "You can look, not touch." in text
    assert "chat-form" not in text
    assert "Keep it awake for" not in text
    assert 'disabled title="This needs the scope gateway' in text


def test_the_queue_says_who_needs_it_and_lets_claims_go(ada: Any, gpu: Path) -> None:
    kept = lease(gpu, 1, note=HOSTILE)
    lease(gpu, 2, "legacy", "key:old-tool")
    lease(gpu, 3, "request", "key:laptop", note="qwen3:8b")
    lease(gpu, 4, "request", "key:laptop", admitted_ms=None)
    stand(gpu, "awake")
    text = ada.get(f"{PATH}?part=queue", headers=PART).text
    assert "<img" not in text
    assert "claimed by a person" in text
    assert "claimed by an older client" in text
    assert text.count("a request is served") == text.count("a request waits") == 1
    assert text.count("Release</button>") == 2
    assert "1 request waiting" in ada.get(f"{PATH}/standing").get_json()["says"]
    assert "Put gpu to sleep all the same? 2 requests will break off. 2 claims will be ignored." in ada.get(PATH).text
    assert "Released" in press(ada, "gateway.release", lease=kept).text
    assert [one.id for one in gateway_leases.leases(gpu, NOW_MS)] == ["lease-2", "lease-3", "lease-4"]


def test_many_leases_are_counted_not_listed(ada: Any, gpu: Path) -> None:
    for number in range(53):
        lease(gpu, number, "request")
    text = ada.get(f"{PATH}?part=queue", headers=PART).text
    assert text.count("a request is served") == 50
    assert "and 3 more" in text


def test_somebody_keeps_it_awake_for_a_while(ada: Any, gpu: Path) -> None:
    assert "It stays awake for you" in press(ada, "gateway.lease", machine="gpu", seconds="14400", note="tests").text
    (found,) = gateway_leases.leases(gpu, NOW_MS, "gpu")
    assert (found.kind, found.owner, found.note) == ("person", "user:ada", "tests")
    assert found.expires_ms == NOW_MS + 14_400_000


def test_models_are_shown_with_what_is_in_memory_while_it_is_up(ada: Any, gpu: Path) -> None:
    details = {"parameter_size": "8.2B", "quantization_level": "Q4_K_M"}
    rows = [
        {"name": HOSTILE, "size": 1, "details": details},
        {"name": "qwen3:8b", "size": 5_225_388_164, "details": details},
        {"name": "bge-m3", "size": 1_157_672_605, "capabilities": ["embedding"]},
    ]
    say(gpu, "/api/tags", {"models": rows})
    loaded = {"name": "qwen3:8b", "size_vram": 6_000_000_000, "expires_at": "2026-11-18T11:11:40Z"}
    say(gpu, "/api/ps", {"models": [loaded]})
    stand(gpu, "awake")
    text = ada.get(PATH).text
    assert "<img" not in text
    assert "8.2B, Q4_K_M" in text
    assert "4.87 GiB" in text
    assert "5.59 GiB on the card" in text
    assert "leaves in 5 min" in text
    assert "<option selected>qwen3:8b</option>" in text
    assert "<option>bge-m3</option>" not in text, "what does not chat is no choice of the chat"
    stand(gpu, "asleep")
    assert "on the card" not in ada.get(PATH).text


def test_a_machine_without_models_says_how_to_get_one(ada: Any, gpu: Path) -> None:
    say(gpu, "/api/tags", {"models": []})
    text = ada.get(PATH).text
    assert "ollama pull" in text
    assert 'placeholder="Model, as' in text


def test_the_timeline_says_what_why_who_and_how_long(ada: Any, gpu: Path) -> None:
    turn(gpu, 90, "asleep", "waking", "", "user:mira")
    turn(gpu, 88, "waking", "awake", "it answered", "user:mira")
    turn(gpu, 10, "awake", "unreachable", f"it went away {HOSTILE}", "")
    stand(gpu, "unreachable")
    text = ada.get(f"{PATH}?part=turns", headers=PART).text
    assert "<img" not in text
    words = re.sub(r"<[^>]+>|\s+", " ", text)
    assert re.search(r"Unreachable\s*: It went away", words)
    assert re.search(r"Awake\s+for 1 h\s*: It answered\.\s+by mira", words)
    assert "Waking" not in words, "what was passed through is no line of its own"
    whole = ada.get(PATH).text
    assert 'class="unreachable"' in whole
    assert ">5.4 %</dd>" in whole, "it was awake for 78 of 1440 minutes"


def test_what_goes_on_now_is_a_line_and_coming_back_is_none(ada: Any, gpu: Path) -> None:
    turn(gpu, 60, "waking", "awake", "it answered", "request")
    turn(gpu, 30, "awake", "draining", "nobody used it", "idle")
    turn(gpu, 29.9, "draining", "awake", "somebody uses it again", "request")
    turn(gpu, 1, "awake", "draining", "nobody used it", "idle")
    stand(gpu, "draining", 1)
    words = re.sub(r"<[^>]+>|\s+", " ", ada.get(f"{PATH}?part=turns", headers=PART).text)
    assert re.search(
        r"Going to sleep\s*: Nobody used it\..*Awake\s+for 59 min\s*: It answered\.\s+for a request", words
    )
    assert "again" not in words


def test_figures_come_from_the_counters(ada: Any, data: Path) -> None:
    keep(data, watts=400)
    for _ in range(3):
        request(data, completion_tokens=500)
    text = ada.get(f"{PATH}?part=standing", headers=PART).text
    assert re.search(r"Requests in all</dt><dd>3</dd>", text)
    assert re.search(r"Tokens made</dt><dd>1.5 k</dd>", text)
    assert "0.0 kWh" in text


def test_the_chat_is_a_client_of_the_gateway(ada: Any, gpu: Path) -> None:
    text = ada.get(PATH).text
    assert 'data-address="/ollama/gpu/api/chat"' in text
    assert f'data-standing="{PATH}/standing"' in text
    for file in ("chat.js", "gateway.css"):
        found = ada.get(f"/integrations/ollama/_/static/{file}")
        assert found.status_code == 200
        assert found.headers["Cache-Control"] == "no-cache"
