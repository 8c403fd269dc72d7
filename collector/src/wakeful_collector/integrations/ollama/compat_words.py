"""What the older management routes answer, under their keys (typing errors in them too): made of facts. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

ANSWERING = frozenset({"awake", "draining"})
"""States in which Ollama answers."""

ON = ANSWERING | {"stopping"}
"""States in which the machine is certainly on."""

_SAID = {
    "asleep": "The machine is asleep",
    "waking": "The machine is waking",
    "awake": "The machine is on and Ollama answers",
    "draining": "The machine is on and Ollama answers; it is about to go to sleep",
    "stopping": "The machine is shutting down",
    "unreachable": "The machine does not answer",
}


class Facts(NamedTuple):
    """What is known of the machine: its state and why, whether its agent is heard, claims, and when that was so."""

    state: str
    reason: str
    is_heard: bool
    claims: int
    permanent: bool
    at_ms: int


def said(facts: Facts) -> str:
    """Return where the machine stands, in a sentence."""
    sentence = _SAID.get(facts.state, facts.state)
    return f"{sentence}: {facts.reason}" if facts.reason and facts.state in {"unreachable", "waking"} else sentence


def is_on(facts: Facts) -> bool:
    """Tell whether the machine itself is on: it answers, or its agent is heard."""
    return facts.state in ON or (facts.is_heard and facts.state in {"waking", "unreachable"})


def state(facts: Facts, message: str = "") -> dict[str, Any]:
    """Return the state document of `/status` and `/init`."""
    at = datetime.fromtimestamp(facts.at_ms / 1000, UTC).replace(tzinfo=None)
    return {
        "logical_on": facts.state in ANSWERING,
        "phisical_on": is_on(facts),
        "peticions_ollama": facts.claims,
        "permanent_on": facts.permanent,
        "message": message or said(facts),
        "datetime": at.isoformat(timespec="microseconds") + "Z",
    }


def test(facts: Facts) -> dict[str, Any]:
    """Return what `/test` answers."""
    return {"equipo_online": is_on(facts), "ollama_online": facts.state in ANSWERING, "mensaje": said(facts)}


def message(text: str, claims: int) -> dict[str, Any]:
    """Return what the routes answer that do something; who reads the count out of the sentence finds it there."""
    return {"success": True, "mensaje": f"{text}. Peticions Ollama: {claims}"}


def models(found: list[dict[str, Any]], was_seen: bool, facts: Facts) -> dict[str, Any]:
    """Return what `/lista_modelos` answers: the models seen last, also while the machine sleeps."""
    if not was_seen:
        return {"success": False, "mensaje": f"{said(facts)}; its models were never seen", "models": []}
    listed = [
        {"name": str(one.get("name", "")), "size": one.get("size"), "modified_at": one.get("modified_at")}
        for one in found
    ]
    seen = "" if facts.state in ANSWERING else ", as they were seen last"
    return {"success": True, "mensaje": f"{len(listed)} model(s) installed{seen}", "models": listed}


def missing(*names: str) -> dict[str, Any]:
    """Return what is answered (422) when a body lacks fields."""
    return {
        "detail": [{"type": "missing", "loc": ["body", name], "msg": "Field required", "input": None} for name in names]
    }
