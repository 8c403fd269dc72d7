"""What an event says beside its kind, as people read it, and which events somebody asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from flask import request

from wakeful_collector.web import pages_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from markupsafe import Markup

    from wakeful_collector.model.host import Host
    from wakeful_collector.read.events import EventRecord

TEXTS = ("detail", "summary")
"""Fields that are sentences: they need no name before them."""

ELSEWHERE = frozenset({"incident", "command", "story", "console_tail", "run"})
"""Fields that nobody reads here: ids, and what the incident's own place shows better."""

KINDS = (
    ("agent.*", "Agents"),
    ("host.*", "Machines"),
    ("watch.*", "What is kept alive"),
    ("recovery.*", "Repairs"),
    ("wake.*", "Waking"),
    ("command.*", "Commands"),
    ("gateway.*", "The gateway"),
    ("proxmox.*", "Proxmox"),
)
"""The families of kinds as patterns, with their words; a page can be asked for any other kind or pattern too."""

_KIND_CHARACTERS_MAX = 128


class Said(NamedTuple):
    """One thing that an event says: `name` is empty where the value speaks for itself. Both are hostile text."""

    name: str
    value: str | Markup


class Place(NamedTuple):
    """What of a room an event happened to: its name, which is hostile text, and its address."""

    name: str
    address: str


def wanted_kind() -> str:
    """Return which kind or pattern the page is asked for; empty for all."""
    return request.args.get("kind", "").strip()[:_KIND_CHARACTERS_MAX]


def kinds(kind: str) -> tuple[tuple[str, str], ...]:
    """Return the choices of kinds with their words; one that somebody asked for by itself is among them."""
    return KINDS if not kind or kind in dict(KINDS) else (*KINDS, (kind, kind))


def meant(known: Iterable[Host], text: str) -> list[Host]:
    """Return the machines that a text means: the one of that id, those of that name, else those it is a part of."""
    said = text.casefold()
    found = [host for host in known if said in host.name.casefold() or text == host.id]
    return [host for host in found if host.id == text or host.name.casefold() == said] or found


def said(data: Mapping[str, Any]) -> list[Said]:
    """Return what an event's data says, sentences first; what is empty, and what only programs need, is left out."""
    told = [Said("", pages_text.cell(data[name])) for name in TEXTS if data.get(name)]
    for key, value in data.items():
        if key not in ELSEWHERE and key not in TEXTS and value not in (None, "", [], {}):
            told.append(_said(key, value))
    return told


def place(event: EventRecord) -> Place | None:
    """Return where an event of no machine happened: a machine of the gateway, or a Proxmox cluster."""
    room = event.kind.partition(".")[0]
    if room == "gateway":
        return Place(event.subject, f"/integrations/ollama/{quote(event.subject, safe='')}")
    if room == "proxmox":
        cluster = str(event.data.get("cluster") or event.subject.partition("/")[0])
        return Place(cluster, f"/integrations/proxmox/{quote(cluster, safe='')}")
    return None


def _said(key: str, value: Any) -> Said:
    figure = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    if figure is not None and key.endswith("_ms"):
        name = key.removesuffix("_ms").replace("_", " ")
        # No end stands as nought in what waits for a person: a pause, a mark.
        return Said(name, pages_text.at(figure) if figure else "somebody ends it")
    if figure is not None and "seconds" in key.split("_"):
        return Said(" ".join(word for word in key.split("_") if word != "seconds") or "after", pages_text.span(figure))
    return Said(key.replace("_", " "), pages_text.cell(value))
