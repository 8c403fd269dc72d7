"""What is told of an incident, line by line: events as sentences, last console lines; all of it hostile text, bounded.

Links to shared terminals are secrets: whoever has one has a shell. They are cut wherever they stand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT_CHARACTERS_MAX = 400
CONSOLE_CHARACTERS_MAX = 240
_TERMINAL_LINK = re.compile(r"(https?://[^\s/]*sshx\.io/s/[^\s#]{0,4})[^\s]*", re.IGNORECASE)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_CONSOLE_NAMES = ("console", "console_tail", "tail")
_WORDS = {
    "watch.down": "is down",
    "watch.up": "is up",
    "watch.blind": "cannot be watched",
    "watch.sighted": "can be watched again",
    "watch.held": "is held",
    "watch.stopped": "was stopped by a person",
    "watch.paused": "is not watched for now",
    "watch.resumed": "is watched again",
    "recovery.attempted": "tried",
    "recovery.failed": "did not help",
    "recovery.succeeded": "was repaired",
    "recovery.given_up": "gave up",
    "recovery.flapping": "keeps falling",
    "wake.sent": "wake-up sent",
    "wake.succeeded": "woke up",
    "wake.failed": "did not wake up",
    "agent.stopped": "its agent was told to stop",
    "host.silent": "went silent",
    "host.back": "pushes again",
    "gateway.unreachable": "does not wake up",
    "gateway.sleep_failed": "does not go to sleep",
    "gateway.host_key_changed": "shows another SSH host key",
    "gateway.well": "is well again",
    "proxmox.unreachable": "cannot be looked at",
    "proxmox.refused": "refuses the login",
    "proxmox.certificate_changed": "shows a certificate that is not trusted",
    "proxmox.node_offline": "is offline",
    "proxmox.quorum_lost": "has no quorum",
    "proxmox.backup_failed": "was not backed up",
    "proxmox.never_backed_up": "was never backed up",
    "proxmox.well": "is well again",
}
_SAID = ("detail", "summary", "why", "reason", "error")


class Line(NamedTuple):
    """One line of a story: when (host's time), the event's kind, and the sentence."""

    at_ms: int
    kind: str
    text: str


def line(at_ms: int, kind: str, data: Mapping[str, Any]) -> Line:
    """Return an event as a line."""
    words = _WORDS.get(kind, kind)
    attempt, of = number(data, "attempt"), number(data, "of")
    if attempt:
        words += f" (attempt {attempt:.0f}{f' of {of:.0f}' if of else ''})"
    elif kind in {"recovery.given_up", "recovery.succeeded"} and number(data, "attempts"):
        attempts = number(data, "attempts")
        words += f" after {attempts:.0f} {'attempt' if attempts == 1 else 'attempts'}"
    said = [plain(data[name]) for name in _SAID if isinstance(data.get(name), str) and data[name].strip()]
    if not said and isinstance(data.get("trouble"), str):
        said = [plain(data["trouble"])]
    seconds = number(data, "seconds_down")
    if seconds:
        said.append(f"it was down for {span(seconds)}")
    return Line(at_ms, kind, plain(": ".join([words, "; ".join(said)]) if said else words))


def console(data: Mapping[str, Any]) -> list[str]:
    """Return the last console lines that an event carries, without colours, links cut, each bounded."""
    given: Any = next((data[name] for name in _CONSOLE_NAMES if data.get(name)), [])
    lines = given.splitlines() if isinstance(given, str) else given
    if not isinstance(lines, list):
        return []
    return [plain(one, CONSOLE_CHARACTERS_MAX) for one in lines[-200:] if isinstance(one, str) and one.strip()]


def number(data: Mapping[str, Any], *names: str) -> float:
    """Return the first of the named values that is a number that can be shown, else 0."""
    for name in names:
        value = data.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 2**53:
            return float(value)
    return 0.0


def plain(text: str, most: int = TEXT_CHARACTERS_MAX) -> str:
    """Return hostile text as one line of printable characters, links to terminals cut, at most `most` characters."""
    cut = _TERMINAL_LINK.sub(r"\1...", _ESCAPES.sub("", text[: most * 8]))
    words = " ".join("".join(one if one.isprintable() else " " for one in cut).split())
    return words if len(words) <= most else words[: most - 3] + "..."


def span(seconds: float) -> str:
    """Return a time span in words: `12 min`, `3 h 5 min`."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"
