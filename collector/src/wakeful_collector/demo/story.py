"""The sample fleet that a data folder holds: enough to make the same machines again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.demo.fleet import Machine, fleet

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "demo.json"
UNFINISHED = "demo.unfinished"
"""Stands in the data folder while it is filled: what was interrupted cannot be gone on with."""


class Story(NamedTuple):
    """How many machines and days, the seed, the time the past ends, the host key of each machine."""

    hosts: int
    days: int
    seed: int
    end_ms: int
    keys: tuple[int, ...]

    def machines(self) -> list[Machine]:
        """Return the machines, the same as when the story was written."""
        return fleet(self.hosts, self.seed)


def read(data: Path) -> Story | None:
    """Return the story that the data folder holds, None when it holds none."""
    try:
        body = json.loads((data / FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Story(body["hosts"], body["days"], body["seed"], body["end_ms"], tuple(body["keys"]))


def begin(data: Path) -> None:
    """Note that the data folder is being filled."""
    (data / UNFINISHED).touch(mode=0o600)


def is_unfinished(data: Path) -> bool:
    """Tell whether filling the data folder was begun and never came to its end."""
    return (data / UNFINISHED).exists()


def write(data: Path, story: Story) -> None:
    """Keep the story in the data folder, which is filled now."""
    (data / FILE_NAME).write_text(json.dumps(story._asdict()), encoding="utf-8")
    (data / UNFINISHED).unlink(missing_ok=True)
