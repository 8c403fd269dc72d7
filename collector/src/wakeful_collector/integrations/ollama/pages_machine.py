"""The page of one machine as it stands now: state, chat, who needs it, models, wakes and sleeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import request

from wakeful_collector.integrations.ollama import pages_standing, pages_words
from wakeful_collector.integrations.ollama.pages_frame import blueprint, found_machine, lacking, machine_page
from wakeful_collector.integrations.ollama.pages_standing import MOVING
from wakeful_collector.integrations.ollama.states import State
from wakeful_collector.read import gateway_history
from wakeful_collector.store.gateway_leases import REQUEST
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.integrations.ollama.pages_standing import Standing
    from wakeful_collector.store.gateway_leases import Lease
    from wakeful_collector.store.gateway_states import Turn

LONG = ((1_800, "half an hour"), (3_600, "an hour"), (14_400, "4 hours"), (28_800, "8 hours"), (86_400, "a day"))
LEASES_SHOWN = 50
TURNS_READ = 400
STEPS_SHOWN = 40
CAME_BACK = ("draining", "awake")
"""Somebody came while it was about to sleep: that is no turn worth a line."""

WEEK_MS = 7 * pages_standing.DAY_MS


class Claim(NamedTuple):
    """A lease with its words; `ends` is said instead of a time where it ends by itself."""

    lease: Lease
    mood: str
    words: str
    ends: str
    releasable: bool


class Step(NamedTuple):
    """One turn of the timeline with its words; `lasted_seconds` is None for the one that lasts."""

    at_ms: int
    mood: str
    word: str
    lasted_seconds: float | None
    reason: str
    by: str


@kit.page(blueprint, "/<name>")
def machine(name: str) -> kit.Answer:
    """Show a machine as it stands, or the part of it that the page's script asks for again."""
    found = found_machine(name)
    one = pages_standing.standing(kit.data(), found, lacking()["lacking"], kit.now_ms())
    part = request.args.get("part", "")
    if kit.is_part() and part in PARTS:
        return kit.render(f"ollama/{part}.html", one=one, **lacking(), **PARTS[part](one))
    gathered: dict[str, Any] = {}
    for gather in PARTS.values():
        gathered |= gather(one)
    return machine_page(
        "ollama/machine.html",
        found,
        "now",
        one=one,
        long=LONG,
        talking=[model.name for model in one.models.has if model.talks],
        loaded_names={model.name for model in one.models.loaded},
        **gathered,
    )


@kit.page(blueprint, "/<name>/standing")
def standing(name: str) -> kit.Answer:
    """Answer in a line what the machine is doing, for a chat that waits for it."""
    one = pages_standing.standing(kit.data(), found_machine(name), "", kit.now_ms())
    return kit.json_answer({"state": one.state, "says": says(one)})


def says(one: Standing) -> str:
    """Return what the machine is doing, as a sentence with a full stop for somebody who waits for an answer."""
    if one.serves:
        ahead = f"; {pages_words.count(one.waiting, 'request')} waiting" if one.waiting else ""
        return f"{one.name} is awake and works on it{ahead}."
    if one.state == State.WAKING:
        usual = one.figures.wake_seconds
        return f"{one.name} is waking" + (f", which takes about {usual:.0f} s." if usual else f"; {one.next}.")
    if one.state == State.STOPPING:
        return f"{one.name} is shutting down, and is woken again after that."
    return f"{one.name} is {one.word.lower()}; {one.next}."


def claim(lease: Lease) -> Claim:
    """Return a lease with its words."""
    if lease.kind != REQUEST:
        return Claim(lease, "none", f"claimed by {pages_words.KINDS.get(lease.kind, lease.kind)}", "", True)
    if lease.admitted_ms is None:
        return Claim(lease, "warn", "a request waits", "it is served", False)
    return Claim(lease, "ok", "a request is served", "it ends", False)


def steps(turns: list[Turn]) -> list[Step]:
    """Return turns (newest first) with their words and how long each state lasted.

    What is passed through on the way to another state is left out, unless it goes on now; why and for whom it was is
    said by the turn that it led to.
    """
    found: list[Step] = []
    after_ms: int | None = None
    for number, turn in enumerate(turns):
        if (number and turn.state in MOVING) or (turn.was, turn.state) == CAME_BACK:
            continue
        mood, word, _ = pages_words.state(turn.state)
        lasted = None if after_ms is None else (after_ms - turn.at_ms) / 1000
        found.append(Step(turn.at_ms, mood, word, lasted, turn.reason, pages_words.by(turn.by)))
        after_ms = turn.at_ms
    return found


def _standing(_: Standing) -> dict[str, Any]:
    return {}


def _queue(one: Standing) -> dict[str, Any]:
    shown = [claim(lease) for lease in one.leases[:LEASES_SHOWN]]
    return {"claims": shown, "more_claims": max(0, len(one.leases) - LEASES_SHOWN)}


def _models(one: Standing) -> dict[str, Any]:
    loaded = {model.name: model for model in one.models.loaded} if one.serves else {}
    rows = [(model, loaded.get(model.name)) for model in one.models.has]
    return {"models": one.models, "rows": sorted(rows, key=lambda pair: pair[1] is None)}


def _turns(one: Standing) -> dict[str, Any]:
    found = gateway_history.turns(kit.data(), one.name, kit.now_ms() - WEEK_MS, TURNS_READ)
    shown = steps(found)
    return {"turns": shown[:STEPS_SHOWN], "more_turns": len(shown) > STEPS_SHOWN}


PARTS: dict[str, Callable[[Standing], dict[str, Any]]] = {
    "standing": _standing,
    "queue": _queue,
    "models": _models,
    "turns": _turns,
}
