"""Small graphs as inline SVG, made by the server: a row of the fleet needs no script to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT = 100
FLOOR_BYTES = 10_000.0
_BELOW = HEIGHT + 10
_FLOOR, _REACH = HEIGHT - 4, HEIGHT - 12


def spark(values: Sequence[float | None] | None, kind: str, ceiling: float | None = None) -> Markup:
    """Return the graph of `values` (one a minute, None for a gap) as an area up to `ceiling` or to their largest."""
    known = [] if values is None else [value for value in values if value is not None]
    if values is None or not known:
        return Markup('<svg class="spark" aria-hidden="true" focusable="false"></svg>')
    top = ceiling if ceiling is not None else max(*known, FLOOR_BYTES)
    width = len(values) - 1
    return Markup(  # noqa: S704 - a word of ours and whole numbers only; formatting a Markup costs ten times as much
        f'<svg class="spark {kind}" viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false"><path d="{_areas(values, top, width)}"/></svg>'
    )


def gauge(share: float | None, level: str) -> Markup:
    """Return a horizontal bar filled by `share` of one; `level` is its class."""
    if share is None:
        return Markup('<svg class="gauge" aria-hidden="true" focusable="false"></svg>')
    width = round(min(1.0, max(0.0, share)) * 100, 1)
    return Markup(  # noqa: S704 - a level's class of ours and a number, as for a graph
        f'<svg class="gauge {level}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false"><rect width="{width}" height="8"/></svg>'
    )


def _areas(values: Sequence[float | None], top: float, width: int) -> str:
    """Return one closed shape for each run of readings; sides and bottom lie outside of the view."""
    shapes: list[str] = []
    start = 0
    while start < len(values):
        if values[start] is None:
            start += 1
            continue
        end = start
        while end + 1 < len(values) and values[end + 1] is not None:
            end += 1
        left = start if start else -1
        right = end if end < width else width + 1
        heights = [_height(value or 0.0, top) for value in values[start : end + 1]]
        line = "L".join([f"{at} {height}" for at, height in enumerate(heights, start)])
        shapes.append(f"M{left} {_BELOW}V{heights[0]}L{line}H{max(right, start + 1)}V{_BELOW}Z")
        start = end + 1
    return "".join(shapes)


def _height(value: float, top: float) -> int:
    if value <= 0.0:
        return _FLOOR
    return _FLOOR - int(value * _REACH / top) if value < top else _FLOOR - _REACH
