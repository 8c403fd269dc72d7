"""Tables that fit: columns shrink where it hurts least, then the least important ones are left out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.remote.width import ELLIPSIS, columns, cut, harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = 2


class Styled(NamedTuple):
    """A text with one of the terminal's styles: good, warn, bad, dim, bold."""

    text: str
    style: str


Cell = str | Styled


class Column(NamedTuple):
    """A column: it may shrink to `least` (0: never); the highest `spare` is left out first (0: never)."""

    head: str
    least: int = 0
    spare: int = 0
    right: bool = False


def text_of(cell: Cell) -> str:
    """Return the harmless text of a cell."""
    return harmless(cell.text if isinstance(cell, Styled) else cell)


def lay_out(
    heads: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int | None, ellipsis: str = ELLIPSIS
) -> list[list[Cell]]:
    """Return the lines of a table, heads first, each a list of pieces to be written one after the other.

    No line takes more than `width` columns; None is room without end. Columns in which nothing stands are left out.
    """
    texts = [[text_of(cell) for cell in row] for row in rows]
    natural = [
        max(columns(head.head), *(columns(row[index]) for row in texts)) if texts else columns(head.head)
        for index, head in enumerate(heads)
    ]
    shown = [index for index, head in enumerate(heads) if not head.spare or any(row[index] for row in texts)]
    widths = _widths(heads, natural, shown, width)
    lines: list[Sequence[Cell]] = [[Styled(head.head, "bold") for head in heads], *rows]
    return [_line(line, heads, widths, width, ellipsis) for line in lines]


def _widths(heads: Sequence[Column], natural: list[int], shown: list[int], width: int | None) -> dict[int, int]:
    """Return the width of each column that is shown, by its index."""
    while True:
        widths = {index: natural[index] for index in shown}
        if width is None:
            return widths
        over = sum(widths.values()) + GAP * (len(shown) - 1) - width
        able = {index: max(0, widths[index] - heads[index].least) for index in shown if heads[index].least}
        if over <= sum(able.values()):
            return _shrunk(widths, able, over)
        spare = max(shown, key=lambda index: (heads[index].spare, index))
        if not heads[spare].spare:
            return _shrunk(widths, able, sum(able.values()))
        shown.remove(spare)


def _shrunk(widths: dict[int, int], able: dict[int, int], over: int) -> dict[int, int]:
    """Take `over` columns away, always from the widest that can give some."""
    while over > 0:
        index = max((index for index in able if able[index]), key=lambda index: widths[index])
        widths[index] -= 1
        able[index] -= 1
        over -= 1
    return widths


def _line(
    cells: Sequence[Cell], heads: Sequence[Column], widths: dict[int, int], width: int | None, ellipsis: str
) -> list[Cell]:
    pieces: list[Cell] = []
    last, left = max(widths, default=0), width
    for index, room in widths.items():
        gap = " " * GAP if pieces else ""
        room = room if left is None else max(0, min(room, left - len(gap)))  # noqa: PLW2901 - less where nothing could give
        cell, text = cells[index], cut(text_of(cells[index]), room, ellipsis)
        shown = cell._replace(text=text) if isinstance(cell, Styled) else text
        spaces = " " * (room - columns(text))
        pieces += [gap, spaces, shown] if heads[index].right else [gap, shown, "" if index == last else spaces]
        left = None if left is None else left - len(gap) - room
    return pieces
