"""What older clients read: their keys, with the values that the facts make."""

from __future__ import annotations

from datetime import datetime

import pytest

from wakeful_collector.integrations.ollama import compat_words as words
from wakeful_collector.integrations.ollama.compat_words import Facts
from wakeful_collector.integrations.ollama.states import SERVING, State

AT_MS = 1_795_000_000_123
AWAKE = Facts("awake", "", False, 2, True, AT_MS)


def test_the_state_has_exactly_their_keys() -> None:
    assert words.state(AWAKE) == {
        "logical_on": True,
        "phisical_on": True,
        "peticions_ollama": 2,
        "permanent_on": True,
        "message": "The machine is on and Ollama answers",
        "datetime": "2026-11-18T11:06:40.123000Z",
    }
    assert words.state(AWAKE, "Init: x")["message"] == "Init: x"
    assert datetime.fromisoformat(words.state(AWAKE)["datetime"].replace("Z", "+00:00")).timestamp() == AT_MS / 1000


@pytest.mark.parametrize(
    ("state", "is_heard", "logical", "physical"),
    [
        ("asleep", False, False, False),
        ("asleep", True, False, False),
        ("waking", False, False, False),
        ("waking", True, False, True),
        ("awake", False, True, True),
        ("draining", False, True, True),
        ("stopping", False, False, True),
        ("unreachable", False, False, False),
        ("unreachable", True, False, True),
    ],
)
def test_on_and_answering_are_two_things(state: str, is_heard: bool, logical: bool, physical: bool) -> None:
    facts = Facts(state, "why", is_heard, 0, False, AT_MS)
    found = words.test(facts)
    assert (found["ollama_online"], found["equipo_online"]) == (logical, physical)
    assert found["mensaje"] == words.said(facts)
    assert words.state(facts)["logical_on"] is logical


def test_every_state_has_its_sentence() -> None:
    assert all(words.said(Facts(state, "", False, 0, False, 0)).startswith("The machine") for state in State)
    assert {state.value for state in SERVING} == words.ANSWERING
    assert words.said(Facts("unreachable", "no answer", False, 0, False, 0)).endswith(": no answer")
    assert "no answer" not in words.said(Facts("awake", "no answer", False, 0, False, 0))


def test_the_count_stands_in_the_sentence_too() -> None:
    assert words.message("Done", 3) == {"success": True, "mensaje": "Done. Peticions Ollama: 3"}


def test_models_with_their_three_fields() -> None:
    found = [{"name": "a", "size": 3, "modified_at": "t", "digest": "x"}, {}]
    asleep = AWAKE._replace(state="asleep")
    assert words.models(found, True, AWAKE) == {
        "success": True,
        "mensaje": "2 model(s) installed",
        "models": [{"name": "a", "size": 3, "modified_at": "t"}, {"name": "", "size": None, "modified_at": None}],
    }
    assert words.models([], True, asleep)["mensaje"] == "0 model(s) installed, as they were seen last"
    assert words.models([], False, asleep) == {
        "success": False,
        "mensaje": "The machine is asleep; its models were never seen",
        "models": [],
    }


def test_what_is_missing_is_said_for_each_field() -> None:
    assert [one["loc"] for one in words.missing("model", "prompt")["detail"]] == [["body", "model"], ["body", "prompt"]]
