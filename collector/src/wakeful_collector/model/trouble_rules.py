"""When a reading is a trouble, and what people read then: the rules of each metric, the weightier first."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A trouble: series of `metric` whose labels have one of the values, with a value from `least` and `below`.

    `one` says it of one thing ({subject}, {days}, {number}, {share}), `many` of {count} things. `epoch` says that the
    value is a time in seconds since the epoch, judged by how far ahead it lies.
    """

    metric: str
    kind: str
    severity: str
    one: str
    many: str = ""
    least: float | None = None
    below: float | None = None
    where: tuple[tuple[str, frozenset[str]], ...] = ()
    subject: tuple[str, ...] = ()
    epoch: bool = False


def states(*words: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return the condition that a series is that of one of these states."""
    return (("state", frozenset(words)),)


DAYS = 86_400.0
RULES: tuple[Rule, ...] = (
    Rule("container.engine.up", "container", "bad", "{subject} does not answer", below=1, subject=("engine",)),
    Rule(
        "container.healthy", "container", "bad", "Container {subject} is unhealthy", "{count} containers are unhealthy",
        below=1, subject=("container",),
    ),
    Rule(
        "container.count", "container", "bad", "{number} containers keep restarting", least=1,
        where=states("restarting"),
    ),
    Rule(
        "container.count", "container", "warn", "{number} containers are dead", least=1, where=states("dead"),
    ),
)  # fmt: skip
"""Every rule there is."""
