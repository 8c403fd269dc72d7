from __future__ import annotations

import re
from typing import Any

import pytest

from wakeful_agent.daemon.composing import Composer, new_run
from wakeful_agent.daemon.events import KINDS, STARTED, event
from wakeful_agent.meter import FAILED, OK, Result
from wakeful_wire import limits
from wakeful_wire.prepared import Prepared
from wakeful_wire.push import parse_push
from wakeful_wire.schema import schema_hash

NONE = schema_hash([])
HELLO = {"version": "1"}


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def composer(complaints: list[str]) -> Composer:
    return Composer(lambda _subject, text: complaints.append(text))


def compose(composer: Composer, hello: Any = HELLO, **results: Result) -> dict[str, Any]:
    push = composer.compose(hello, NONE, [], results)
    parse_push({**push, "series": []})
    return push


def test_hello_is_told_once_and_when_it_changes(composer: Composer) -> None:
    assert compose(composer)["hello"] == HELLO
    assert "hello" not in compose(composer)
    assert compose(composer, {"version": "2"})["hello"] == {"version": "2"}
    composer.want(["hello"])
    assert "hello" in compose(composer)


def test_the_sequence_rises_and_a_new_run_begins_anew(composer: Composer) -> None:
    pushes = [compose(composer), compose(composer)]
    assert [push["sequence"] for push in pushes] == [0, 1]
    assert pushes[0]["run"] == pushes[1]["run"] == composer.run
    composer.begin_run()
    again = compose(composer)
    assert again["sequence"] == 0
    assert again["run"] != pushes[0]["run"]
    assert again["hello"] == HELLO
    assert new_run() != new_run()


def test_outcomes_travel_first_and_when_one_changes(composer: Composer) -> None:
    good, bad = Result(OK, "", 0.5), Result(FAILED, "broken", 0.1)
    assert compose(composer, cpu=good)["meters"] == {"cpu": {"outcome": "ok", "error": "", "seconds": 0.5}}
    assert "meters" not in compose(composer, cpu=Result(OK, "", 0.7))
    assert composer.seconds == {"cpu": 0.7}
    assert set(compose(composer, disk=bad)["meters"]) == {"cpu", "disk"}
    assert "meters" not in compose(composer)
    composer.note({"cpu": Result("disabled")})
    assert compose(composer)["meters"]["cpu"]["outcome"] == "disabled"
    composer.want(["hello"])
    assert "meters" in compose(composer)


def inventory(body: Any) -> Result:
    return Result(OK, inventories={"list": body})


def test_an_inventorys_body_travels_when_it_changed_or_is_wanted(composer: Composer) -> None:
    first = compose(composer, a=inventory([1]))["inventories"]["list"]
    assert first["body"] == [1]
    assert compose(composer, a=inventory([1]))["inventories"]["list"] == {"hash": first["hash"]}
    assert compose(composer, a=inventory([2]))["inventories"]["list"]["body"] == [2]
    assert "inventories" not in compose(composer)
    composer.want(["inventory:list", "inventory:other", "something:else"])
    assert compose(composer, a=inventory([2]))["inventories"]["list"]["body"] == [2]


@pytest.mark.parametrize("body", [float("nan"), {1: {2, 3}}, "x" * limits.INVENTORY_BYTES_MAX])
def test_an_inventory_that_cannot_be_sent_is_left_out_and_said(
    composer: Composer, complaints: list[str], body: Any
) -> None:
    push = compose(composer, a=Result(OK, inventories={"bad": body, "good": 1}))
    assert set(push["inventories"]) == {"good"}
    assert len(complaints) == 1
    assert "the inventory bad" in complaints[0]


def test_events_go_with_the_next_push_and_are_bounded(composer: Composer) -> None:
    for number in range(limits.EVENTS_MAX + 5):
        composer.tell(event(STARTED, number))
    push = compose(composer)
    assert len(push["events"]) == limits.EVENTS_MAX
    assert push["events"][0]["at"] == 5
    assert "events" not in compose(composer)


def test_a_push_is_split_where_it_is_heavy(composer: Composer) -> None:
    small, large = Result(OK, inventories={"small": "x" * 90_000}), "y" * 400_000
    assert len(composer.split(compose(composer, a=small))) == 1
    same = Result(OK, inventories={"same": 1})
    compose(composer, c=same)
    composer.tell(event(STARTED, 1, text="z" * 60_000))
    composer.tell(event(STARTED, 2))
    heavy = Result(OK, inventories={"one": large, "two": large, "mid": "m" * 200_000})
    whole = compose(composer, b=heavy, c=same)
    parts = composer.split(whole)
    for part in parts:
        parse_push({**part, "series": []})
    assert [part["sequence"] for part in parts] == [2, 3, 4]
    assert [sorted(part.get("inventories", {})) for part in parts] == [["same"], ["one"], ["mid", "two"]]
    assert [[each["at"] for each in part.get("events", [])] for part in parts] == [[], [], [1, 2]]
    assert compose(composer)["sequence"] == 5


def answered(number: int, size: int = 0) -> dict[str, Any]:
    return {"command": f"c{number}", "state": "done", "data": {"summary": "y" * size}}


def test_results_go_with_the_next_pushes_as_many_as_the_wire_takes(composer: Composer) -> None:
    composer.answer([answered(number) for number in range(limits.RESULTS_MAX + 1)])
    first, second = compose(composer), compose(composer)
    assert [len(push["results"]) for push in (first, second)] == [limits.RESULTS_MAX, 1]
    parse_push({**first, "series": []})
    assert "results" not in compose(composer)
    composer.answer([answered(number) for number in range(5 * limits.RESULTS_MAX)])
    while "results" in (push := compose(composer)):
        last = push
    assert last["results"][-1]["command"] == f"c{4 * limits.RESULTS_MAX - 1}", "there is an end to what is held"


def test_a_push_is_split_where_its_results_are_heavy(composer: Composer) -> None:
    composer.tell(event(STARTED, 1))
    composer.answer([answered(number, 16_000) for number in range(100)])
    parts = composer.split(compose(composer))
    assert len(parts) > 2
    assert [one["command"] for part in parts for one in part.get("results", [])] == [f"c{n}" for n in range(100)]
    assert sum(len(part.get("events", [])) for part in parts) == 1
    for part in parts:
        parse_push({**part, "series": []})


def test_events_have_ids_and_known_kinds() -> None:
    one, two = event(STARTED, 5, "s", x=1), event(STARTED, 5, "s", x=1)
    assert one["id"] != two["id"]
    assert {**one, "id": ""} == {"id": "", "at": 5, "kind": STARTED, "subject": "s", "data": {"x": 1}}
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", kind) and meaning for kind, meaning in KINDS.items())


def test_a_document_that_is_the_same_object_is_not_looked_through_again() -> None:
    class Counted(dict):  # type: ignore[type-arg] # a plain document that counts
        looked = 0

        def items(self) -> Any:
            Counted.looked += 1
            return super().items()

    composer = Composer(lambda *_: None)
    body = Counted(a=1)
    first = composer.compose({}, "s", [], {"m": Result(OK, inventories={"x": body})})
    assert first["inventories"]["x"]["body"] == {"a": 1}
    looked = Counted.looked
    again = composer.compose({}, "s", [], {"m": Result(OK, inventories={"x": body})})
    assert again["inventories"]["x"] == {"hash": first["inventories"]["x"]["hash"]}
    assert Counted.looked == looked
    composer.want(["inventory:x"])
    wanted = composer.compose({}, "s", [], {"m": Result(OK, inventories={"x": body})})
    assert wanted["inventories"]["x"]["body"] == {"a": 1}
    assert composer._results["m"].inventories == {}


def test_a_prepared_document_travels_once_and_is_known_by_its_hash(composer: Composer) -> None:
    body = Prepared(['{"rows": []}'])
    first = composer.compose(HELLO, NONE, [], {"packages": inventory(body)})["inventories"]
    assert first == {"list": {"hash": body.digest, "body": body}}
    again = composer.compose(HELLO, NONE, [], {"packages": inventory(Prepared(['{"rows": []}']))})["inventories"]
    assert again == {"list": {"hash": body.digest}}
