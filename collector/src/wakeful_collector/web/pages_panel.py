"""The shape of a chart of a host's page, and how the page's script is told to draw one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wakeful_collector.web.pages_units import kind_of
from wakeful_wire.names import describe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Draw:
    """How series become lines.

    `style` is lines, stacked, mirrored (what `down` names goes below the axis), ratio (the first metric's share of
    both), share (the first divided by the second), strip (1 is up, 0 is down) or states (a series a state, 1 for the
    one that holds). `by` sums over all other labels, `line` are the labels that name a line, `only` keeps series whose
    label has one of the values, `most` is how many series of a metric are asked for.
    """

    names: tuple[str, ...]
    style: str = "lines"
    kind: str = ""
    by: tuple[str, ...] = ()
    line: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    down: tuple[str, str] = ("", "")
    most: int = 0
    top: float = 0.0
    least: float = 0.0
    scale: float = 0.0
    label: str = ""
    good: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the form that the page's script reads: JSON without what is left at its default."""
        kind = self.kind or ("percent" if self.style in {"ratio", "share"} else kind_of(describe(self.names[0])))
        top = self.top or (1.0 if self.style in {"ratio", "share"} else 0.0)
        document: dict[str, Any] = {"names": self.names, "kind": kind, "top": top}
        document["down"] = self.down if self.down[0] else ()
        for name in ("style", "by", "line", "words", "only", "most", "least", "scale", "label", "good"):
            document[name] = getattr(self, name)
        return json.dumps({name: value for name, value in document.items() if value}, default=dict)


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart: `key` names it in the page, `choice` is the word for one of its devices.

    Charts without `draw` are drawn by the page's script as it knows them by `key`.
    """

    key: str
    title: str
    meter: str
    unit: str = ""
    choice: str = ""
    draw: Draw | None = None

    @property
    def is_strip(self) -> bool:
        """Whether it is rows of states instead of lines."""
        return self.draw is not None and self.draw.style in {"strip", "states"}


def chart(key: str, title: str, meter: str, *names: str, unit: str = "", **draw: Any) -> Panel:
    """Return a panel that draws the series of these metrics as `Draw` says."""
    return Panel(key, title, meter, unit, draw=Draw(names, **draw))


def upness(key: str, title: str, meter: str, name: str) -> Panel:
    """Return the strip of a gauge that is 1 while something is up."""
    return chart(key, title, meter, name, unit="up or down", style="strip", most=64)


def states(key: str, title: str, meter: str, name: str, **draw: Any) -> Panel:
    """Return the strip of things that each have a state, told by a series a state."""
    return chart(key, title, meter, name, unit="state", style="states", most=400, **draw)


def flow(key: str, title: str, meter: str, name: str, line: tuple[str, ...]) -> Panel:
    """Return the chart of bytes received and, below the axis, transmitted."""
    down = ("direction", "transmit")
    return chart(
        key, title, meter, name, unit="in above, out below", style="mirrored", line=line, down=down, least=1000
    )
