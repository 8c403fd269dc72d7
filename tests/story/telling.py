"""How the story is told: lines with the time since its beginning, chapters with checks, a table at the end."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .world import World

BOLD, DIM, GREEN, RED = "1", "2", "32", "31"


@dataclass(frozen=True)
class Check:
    """One line of the summary: what was to be, what was seen, and whether that is it."""

    expected: str
    seen: str
    holds: bool


class Chapter(Protocol):
    """A part of the story: it does something to the world, as people do or as fate does, and looks what comes of it."""

    title: str

    def tell(self, world: World) -> list[Check]:
        """Tell it, and return what was checked; what is raised is a check that does not hold."""


@dataclass(frozen=True)
class Told:
    """A chapter that is over, with how long it took."""

    title: str
    checks: list[Check]
    seconds: float


class Teller:
    """Prints lines; colours are for terminals, and only where NO_COLOR is not set."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def say(self, text: str) -> None:
        """Print a line with the time since the beginning."""
        seconds = int(time.monotonic() - self._begun)
        self._line(f"{self.paint(DIM, f'{seconds // 60:3d}:{seconds % 60:02d}')}  {text}")

    def chapter(self, number: int, title: str) -> None:
        """Print the heading of a chapter."""
        self._line("")
        self.say(self.paint(BOLD, f"{number}. {title}"))

    def check(self, check: Check) -> None:
        """Print what was checked, at once."""
        mark = self.paint(GREEN, "ok ") if check.holds else self.paint(RED, "NOT")
        self.say(f"  {mark} {check.expected}: {check.seen}")

    def summary(self, chapters: list[Told]) -> None:
        """Print the table: a row a check."""
        rows = [(told.title, check) for told in chapters for check in told.checks]
        widths = [max(len(title) for title, _ in rows), max(len(check.expected) for _, check in rows)]
        self._line("")
        heading = f"  {'chapter':{widths[0]}}  {'expected':{widths[1]}}       seen"
        self._line(self.paint(BOLD, heading))
        last = ""
        for title, check in rows:
            mark = self.paint(GREEN, "ok ") if check.holds else self.paint(RED, "NOT")
            shown = "" if title == last else title
            last = title
            self._line(f"  {shown:{widths[0]}}  {check.expected:{widths[1]}}  {mark}  {check.seen}")
        held = sum(check.holds for _, check in rows)
        seconds = time.monotonic() - self._begun
        self._line("")
        self.say(f"{held} of {len(rows)} lines hold, in {seconds:.0f} s.")

    def paint(self, code: str, text: str) -> str:
        """Return the text in a colour, where there are colours."""
        return f"\033[{code}m{text}\033[0m" if self._colours else text

    def _line(self, text: str) -> None:
        sys.stdout.write(text.rstrip() + "\n")
        sys.stdout.flush()
