"""What each process of the world weighs while it lives: memory, threads and file descriptors, and how they grow."""

from __future__ import annotations

import dataclasses
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WARM_SECONDS = 900.0
"""A process loads, fills its caches and meets its first jobs in this time; growth counts from here on."""

FLOOR_SECONDS = 300.0
"""What a process keeps is the least it held in so long: between, it holds what a question takes as well, which it gives
back by the next minute."""

_PSS = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)
_HOUR = 3600.0


@dataclass(frozen=True)
class Seen:
    """One look at a process: seconds since its first one, and what it held."""

    at: float
    pss_kb: int
    threads: int
    handles: int


@dataclass
class Life:
    """A process from its first look to its last."""

    role: str
    pid: int
    began: float
    looks: list[Seen] = field(default_factory=list)

    @property
    def warm(self) -> list[Seen]:
        """Return the looks after the time in which everything grows."""
        return [look for look in self.looks if look.at >= WARM_SECONDS]

    @property
    def floors(self) -> list[Seen]:
        """Return the least of each whole span of `FLOOR_SECONDS` when it was warm, at the middle of that span."""
        spans: dict[int, list[Seen]] = {}
        for look in self.warm:
            spans.setdefault(int(look.at // FLOOR_SECONDS), []).append(look)
        return [
            Seen(
                (number + 0.5) * FLOOR_SECONDS,
                min(look.pss_kb for look in looks),
                min(look.threads for look in looks),
                min(look.handles for look in looks),
            )
            for number, looks in spans.items()
            if looks[-1].at - looks[0].at > 0.8 * FLOOR_SECONDS
        ]


@dataclass(frozen=True)
class Growth:
    """How a role grew over all its lives; slopes are least squares of each life's floors, weighed by what it tells."""

    role: str
    lives: int
    hours: float
    floor_mb: float
    pss_mb: float
    pss_mb_an_hour: float
    threads_an_hour: float
    handles_an_hour: float
    threads_most: int
    handles_most: int


class Census:
    """Looks at every process below the roots it is given."""

    def __init__(self) -> None:
        self.lives: dict[tuple[int, int], Life] = {}

    def look(self, roots: dict[str, int]) -> None:
        """Note what each process of each root holds now; one that ends meanwhile is left out."""
        now = time.monotonic()
        for name, root in roots.items():
            for pid in family(root):
                try:
                    self._note(name, pid, now)
                except OSError:
                    continue

    def _note(self, name: str, pid: int, now: float) -> None:
        place = Path(f"/proc/{pid}")
        stat = (place / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        key = (pid, int(stat[19]))
        words = (place / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        role = f"{name}: {part(words)}"
        life = self.lives.get(key)
        if life is None or life.role != role:  # exec made another program of it
            life = self.lives[key] = Life(role, pid, now)
        found = _PSS.search((place / "smaps_rollup").read_bytes())
        if found is None:
            return
        handles = len(list((place / "fd").iterdir()))
        life.looks.append(Seen(now - life.began, int(found[1]), int(stat[17]), handles))

    def curves(self) -> list[dict[str, object]]:
        """Return every life with its looks, each as seconds, kB, threads and handles."""
        looks = dataclasses.astuple
        return [
            {"role": one.role, "pid": one.pid, "began": one.began, "looks": [looks(look) for look in one.looks]}
            for one in self.lives.values()
        ]

    def growths(self) -> list[Growth]:
        """Return what each role grew by, the heaviest first; roles with no life that tells are left out."""
        roles: dict[str, list[Life]] = {}
        for life in self.lives.values():
            if len(life.floors) > 2:
                roles.setdefault(life.role, []).append(life)
        found = [growth(role, lives) for role, lives in roles.items()]
        return sorted(found, key=lambda one: -one.pss_mb)


def growth(role: str, lives: list[Life]) -> Growth:
    """Return how `lives` grew, all of one role."""
    warm = [look for life in lives for look in life.warm]
    floors = [life.floors for life in lives]
    return Growth(
        role,
        len(lives),
        sum(life.warm[-1].at - life.warm[0].at for life in lives) / _HOUR,
        max(looks[-1].pss_kb for looks in floors) / 1024,
        max(look.pss_kb for look in warm) / 1024,
        pooled([[(look.at, look.pss_kb / 1024) for look in looks] for looks in floors]) * _HOUR,
        pooled([[(look.at, float(look.threads)) for look in looks] for looks in floors]) * _HOUR,
        pooled([[(look.at, float(look.handles)) for look in looks] for looks in floors]) * _HOUR,
        max(look.threads for look in warm),
        max(look.handles for look in warm),
    )


def pooled(curves: Iterable[list[tuple[float, float]]]) -> float:
    """Return the common slope of `curves`, each with a level of its own, by least squares."""
    across = along = 0.0
    for points in curves:
        middle = sum(x for x, _ in points) / len(points)
        level = sum(y for _, y in points) / len(points)
        across += sum((x - middle) * (y - level) for x, y in points)
        along += sum((x - middle) ** 2 for x, _ in points)
    return across / along if along else 0.0


def family(root: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    found = [root]
    for pid in found:
        yield pid
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text(encoding="ascii").split()]
            except OSError:
                continue


def part(words: list[str]) -> str:
    """Return what a process of the product is, from its command line."""
    for word in ("serve", "web", "worker", "run"):
        if word in words[1:5]:
            return word
    return Path(words[0]).name or "?"


def left_over(mark: str, besides: set[int]) -> list[str]:
    """Return the command lines of processes whose environment or words name `mark`, a folder of the run."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        if int(place.name) in besides:
            continue
        try:
            words = (place / "cmdline").read_bytes()
            text = words + (place / "environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in text and words:
            found.append(words.replace(b"\0", b" ").decode("utf-8", "replace").strip())
    return found
