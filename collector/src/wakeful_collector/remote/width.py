"""How much room a text takes on a terminal, and hostile text made harmless for it."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "\u2026"
_EMOJI_STYLE = "\ufe0f"


def harmless(text: object) -> str:
    r"""Return a text without any character that a terminal acts on: those are spelled out, like `\x1b`.

    Among them are escape sequences, line ends, tabs, and marks that turn the direction of writing.
    """
    said = str(text)
    return said if said.isprintable() else "".join(map(_spelled, said))


def _spelled(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def columns(text: str) -> int:
    """Return how many columns a harmless text takes: wide characters take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    if character == _EMOJI_STYLE:  # it makes a narrow sign a wide picture
        return 1
    return 0 if unicodedata.category(character) in {"Mn", "Me"} else 1


def cut(text: str, room: int, ellipsis: str = ELLIPSIS) -> str:
    """Return a harmless text that takes at most `room` columns; what was cut off is marked."""
    if columns(text) <= room:
        return text
    mark = ellipsis if columns(ellipsis) <= room else ""
    left, kept = room - columns(mark), []
    for character in text:
        left -= _columns(character)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept) + mark


def fill(text: str, room: int, right: bool = False) -> str:
    """Return a harmless text with the spaces that make it take `room` columns."""
    spaces = " " * max(0, room - columns(text))
    return spaces + text if right else text + spaces


def wrapped(text: str, room: int) -> list[str]:
    """Return a harmless text as lines of at most `room` columns, broken between words where that is possible."""
    lines, line = [], ""
    for word in text.split(" "):
        rest = word
        if line and columns(line) + 1 + columns(rest) <= room:
            line += " " + rest
            continue
        if line:
            lines.append(line)
        while columns(rest) > room:
            head = cut(rest, room, "") or rest[0]
            lines.append(head)
            rest = rest[len(head) :]
        line = rest
    return [*lines, line] if line or not lines else lines
