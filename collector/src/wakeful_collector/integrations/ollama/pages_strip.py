"""The last day of a machine as a strip: when it was awake, waking or asleep; inline SVG, no script is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.store.gateway_states import Turn

WIDTH, HEIGHT = 1_000, 22
LEAST = 1.5
"""A moment can be seen too."""

SHOWN = frozenset({"waking", "awake", "draining", "stopping", "unreachable"})
"""Asleep is the ground that the others stand on."""


class Stretch(NamedTuple):
    """How long a machine was in one state, in ms since the epoch."""

    state: str
    from_ms: int
    to_ms: int


def stretches(turns: Sequence[Turn], state: str, from_ms: int, now_ms: int) -> list[Stretch]:
    """Return what a machine went through since `from_ms`, oldest first.

    `turns` are its turns since then, in any order; `state` is the one it is in now. What was before the first turn is
    what that turn says it was.
    """
    found: list[Stretch] = []
    begun_ms, held = from_ms, ""
    for turn in sorted(turns, key=lambda one: one.at_ms):
        if turn.at_ms > from_ms:
            found.append(Stretch(turn.was, begun_ms, turn.at_ms))
        begun_ms, held = max(from_ms, turn.at_ms), turn.state
    found.append(Stretch(held or state, begun_ms, max(now_ms, begun_ms)))
    return [one for one in found if one.to_ms > one.from_ms and one.state]


def strip(parts: Sequence[Stretch], from_ms: int, now_ms: int) -> Markup:
    """Return the strip; it is for the eye alone, the list of turns says the same."""
    span = max(1, now_ms - from_ms)
    bars = "".join(_bar(one, from_ms, span) for one in parts if one.state in SHOWN)
    return Markup(  # noqa: S704 - words of ours and numbers only; formatting a Markup costs ten times as much
        f'<svg class="states" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true"'
        f' focusable="false">{bars}</svg>'
    )


def _bar(one: Stretch, from_ms: int, span: int) -> str:
    left = round((one.from_ms - from_ms) * WIDTH / span, 1)
    width = max(LEAST, round((one.to_ms - one.from_ms) * WIDTH / span, 1))
    return f'<rect class="{one.state}" x="{left}" width="{width}" height="{HEIGHT}"/>'
