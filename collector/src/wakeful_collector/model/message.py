"""What people read of an incident: a title, a text with the whole story, and the document that programs get."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.model import incident as shapes
from wakeful_collector.model.story import plain, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.model.incident import Incident

TITLE_CHARACTERS_MAX = 160
TEXT_CHARACTERS_MAX = 8_000
STORY_LINES_SHOWN = 16


_CALLS_EVERYBODY = re.compile(r"@(?=everyone|here|channel|all\b|room)|<(?=[@#!&])", re.IGNORECASE)
"""What chats take for a call to everybody in the room, when a console or a name holds it."""


class Message(NamedTuple):
    """A message as it is sent; `level` is failure, success or info."""

    title: str
    text: str
    level: str


def document(incident: Incident, host_id: str, host_name: str, tags: tuple[str, ...], moment: str) -> dict[str, Any]:
    """Return what is kept of an incident for its message, as it was at that moment; times are RFC 3339."""
    return {
        "moment": moment,
        "incident": {
            "id": incident.id,
            "kind": incident.kind,
            "subject": plain(incident.subject, 128),
            "host": {"id": host_id, "name": plain(host_name, 128), "tags": list(tags)},
            "state": incident.state,
            "opened": _rfc3339(incident.opened_ms),
            "over": None if incident.over_ms is None else _rfc3339(incident.over_ms),
            "cause": incident.cause,
            "ending": incident.ending,
            "falls": incident.falls,
            "attempts": incident.attempts,
            "story": [{"at": _rfc3339(at), "kind": kind, "text": text} for at, kind, text in incident.story],
            "console": list(incident.console),
        },
    }


def headline(incident: Incident, host_name: str) -> str:
    """Return an incident in one line, as it is now."""
    moment = shapes.OPENED if incident.over_ms is None else shapes.OVER
    if moment == shapes.OVER and incident.told_ms is None:
        moment = shapes.HEALED
    return _title(document(incident, "", host_name, (), moment)["incident"], moment)[:TITLE_CHARACTERS_MAX]


def test_document(channel: str, now_ms: int) -> dict[str, Any]:
    """Return what a test of a channel says."""
    return {"moment": shapes.TEST, "incident": None, "channel": plain(channel, 64), "at": _rfc3339(now_ms)}


def render(kept: dict[str, Any], link: str) -> Message:
    """Return the message that a kept document makes; `link` leads to the page."""
    told = kept["incident"]
    if told is None:
        text = f"This is a test of the channel {kept['channel']}. What Wakeful has to tell arrives here.\n{link}"
        return Message("Wakeful: a test", text, "info")
    moment = kept["moment"]
    parts = ["\n".join(_facts(told, moment)), _story(told)]
    if told["console"] and moment != shapes.OVER:
        parts.append("Last lines of the console:\n" + "\n".join(f"  {one}" for one in told["console"]))
    room = TEXT_CHARACTERS_MAX - len(link) - 256
    body = "\n\n".join(part for part in parts if part)
    body = body if len(body) <= room else body[:room] + "\n..."
    title = _title(told, moment)
    title = title if len(title) <= TITLE_CHARACTERS_MAX else title[: TITLE_CHARACTERS_MAX - 3] + "..."
    level = "failure" if moment == shapes.OPENED else "success"
    return Message(_harmless(title), f"{_harmless(body)}\n\n{link}", level)


def digest(kept: Sequence[dict[str, Any]], links: Sequence[str]) -> Message:
    """Return one message for several documents of the same moment: a line for each, with its link."""
    moment = kept[0]["moment"]
    titles = [_title(one["incident"], moment) for one in kept]
    what = {shapes.OPENED: "need somebody", shapes.OVER: "are over", shapes.HEALED: "healed"}[moment]
    title = f"{len(kept)} incidents {what}: {'; '.join(titles)}"
    title = title if len(title) <= TITLE_CHARACTERS_MAX else title[: TITLE_CHARACTERS_MAX - 3] + "..."
    lines: list[str] = []
    for text, link in zip(titles, links, strict=True):
        line = f"- {text}\n  {link}"
        if sum(len(one) + 1 for one in lines) + len(line) > TEXT_CHARACTERS_MAX - 64:
            lines.append(f"... and {len(titles) - len(lines)} more")
            break
        lines.append(line)
    body = "\n".join(lines)
    return Message(_harmless(title), _harmless(body), "failure" if moment == shapes.OPENED else "success")


def _harmless(text: str) -> str:
    return _CALLS_EVERYBODY.sub(lambda found: f"{found[0]}\u200b", text)


def _title(told: dict[str, Any], moment: str) -> str:
    host, thing = told["host"]["name"], told["subject"]
    if told["kind"] == shapes.HOST:
        return f"{host} {told['cause']}" if moment == shapes.OPENED else f"{host} is back after {_duration(told)}"
    if told["kind"] in shapes.OF_ROOMS:
        thing = thing_of(thing) if told["kind"] == shapes.PROXMOX else thing
        ended = f"{thing} is well again after {_duration(told)}"
        return f"{thing} {told['cause']}" if moment == shapes.OPENED else ended
    name = f"{thing} on {host}"
    if moment == shapes.OPENED:
        last = next((one["text"] for one in reversed(told["story"]) if one["kind"] in _DECISIVE), told["cause"])
        return f"{name} {last}"
    if "stopped by a person" in told["ending"]:
        return f"{name} {told['ending']}"
    if told["kind"] == shapes.BLIND:
        return f"{name} can be watched again after {_duration(told)}"
    how = "repaired itself" if moment == shapes.HEALED else "is up again"
    return f"{name} {how} after {_duration(told)}"


_DECISIVE = {"recovery.given_up", "recovery.flapping", "watch.held"}


def thing_of(subject: str) -> str:
    """Return what a subject of a Proxmox cluster is called: `node pve2 of home` for `home/node/pve2`."""
    cluster, _, rest = subject.partition("/")
    what, _, name = rest.partition("/")
    if what == "node":
        return f"node {name} of {cluster}"
    if what == "backup":
        return f"guest {name} of {cluster}" if name.isdigit() else f"what {name} of {cluster} holds"
    return cluster


def _facts(told: dict[str, Any], moment: str) -> list[str]:
    host = told["host"]
    found = [f"Machine of the gateway: {told['subject']}"] if told["kind"] == shapes.GATEWAY else []
    if told["kind"] == shapes.PROXMOX:
        found = [f"Proxmox cluster: {told['subject'].partition('/')[0]}"]
    if told["kind"] not in shapes.OF_ROOMS or host["id"]:
        found.append(f"Host: {host['name']}" + (f" ({', '.join(host['tags'])})" if host["tags"] else ""))
    found.append(f"Since: {_clock(told['opened'])}" + (f", over {_clock(told['over'])}" if told["over"] else ""))
    if told["cause"] and (moment != shapes.OPENED or told["kind"] != shapes.HOST):
        found.append(f"Seen: {told['cause']}")
    if told["attempts"]:
        found.append(f"Tried: {told['attempts']} {'attempt' if told['attempts'] == 1 else 'attempts'}")
    if told["falls"] > 1:
        found.append(f"It fell {told['falls']} times; this is one message for all of them.")
    return found


def _story(told: dict[str, Any]) -> str:
    lines = told["story"]
    cut = len(lines) - STORY_LINES_SHOWN
    if cut > 0:
        lines = [*lines[:4], *lines[4 - STORY_LINES_SHOWN :]]
    shown = [f"  {one['at'][11:19]}  {one['text']}" for one in lines]
    if cut > 0:
        shown.insert(4, f"  ... {cut} more ...")
    return "What happened (UTC):\n" + "\n".join(shown) if shown else ""


def _duration(told: dict[str, Any]) -> str:
    if not told["over"]:
        return "a while"
    seconds = (_parsed(told["over"]) - _parsed(told["opened"])).total_seconds()
    return span(max(0.0, seconds))


def _clock(text: str) -> str:
    return f"{text[:10]} {text[11:19]} UTC"


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _rfc3339(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC).replace(microsecond=0)
    return at.isoformat().replace("+00:00", "Z")
