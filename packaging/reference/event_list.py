"""The page of every kind of event: those that agents tell, and those of the collector."""

from __future__ import annotations

import re

from tables import code, page, sentence, table

from wakeful_agent.daemon import events as agent_events
from wakeful_collector.model import event_kinds

HEADS = ("kind", "when", "data")
_WORD = re.compile(r"[a-z_]+")


def events() -> str:
    """Return the page of all kinds of events."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for kind in event_kinds.KINDS:
        told = ", ".join(code(name) for name in kind.data) + (f" ({kind.note})" if kind.note else "")
        groups.setdefault(kind.name.partition(".")[0], []).append((code(kind.name), sentence(kind.when), told))
    own = [_of_agent(kind, text) for kind, text in agent_events.KINDS.items()]
    kept = [row for row in own if row[0].startswith(("`watch.", "`recovery."))]
    parts = []
    for group, rows in groups.items():
        parts += [f"### {group}", table(HEADS, rows)]
    return page(
        "Events by kind",
        "Every kind of event, when it is told and what its data holds. [Events](../events.md) says how they are"
        " kept, found and"
        " followed, and what belongs to what.",
        "## Told by the agent",
        table(HEADS, [row for row in own if row not in kept]),
        "### Of what it keeps alive",
        "The subject is the watch's name.",
        table(HEADS, kept),
        "## Told by the collector",
        "A push in which an agent tells one of these is refused.",
        *parts,
    )


def _of_agent(kind: str, text: str) -> tuple[str, str, str]:
    """Return the row of a kind of the agent's, whose text is `when; data: names, and words about them`."""
    when, _, data = text.partition("; data: ")
    pieces = re.split(r", (?![^(]*\))", data) if data else []
    named = [_datum(piece) for piece in pieces]
    return code(kind), sentence(when), ", ".join(named)


def _datum(piece: str) -> str:
    """Return one of an event's data: a name as code, with what stands in brackets behind it, or plain words."""
    name, _, behind = piece.partition(" (")
    if _WORD.fullmatch(name):
        return code(name) + (f" ({behind}" if behind else "")
    return piece
