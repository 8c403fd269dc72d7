"""Who is next: in order of arrival within a key, in turns between keys, within the bounds of machine and keys. Pure."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Place(NamedTuple):
    """One request in the queue, or at the machine when `admitted`."""

    id: str
    key: str
    admitted: bool


class Admission(NamedTuple):
    """Who may go now, in this order, and when each key was served last, as numbers that only grow."""

    ids: tuple[str, ...]
    served: dict[str, int]


def admit(
    places: Sequence[Place],
    parallel: int,
    concurrency: Mapping[str, int | None],
    served: Mapping[str, int] | None = None,
) -> Admission:
    """Return who may go; `places` are in order of arrival, `served` is what the admission before returned.

    Whose turn it is: the key that was served longest ago, then the one whose request came first. A key at its own bound
    is passed over and keeps its turn.
    """
    running = Counter(place.key for place in places if place.admitted)
    waiting: dict[str, deque[str]] = {}
    for place in places:
        if not place.admitted:
            waiting.setdefault(place.key, deque()).append(place.id)
    free = parallel - running.total()
    known = served or {}
    order = {key: at for at, key in enumerate(waiting)}
    turns = {key: known.get(key, 0) for key in waiting}
    turn = max(known.values(), default=0)
    ids: list[str] = []
    while free > 0:
        able = [key for key, queue in waiting.items() if queue and _has_room(running[key], concurrency.get(key))]
        if not able:
            break
        key = min(able, key=lambda one: (turns[one], order[one]))
        ids.append(waiting[key].popleft())
        running[key] += 1
        free -= 1
        turn += 1
        turns[key] = turn
    admitted = {key: at for key, at in turns.items() if at != known.get(key, 0)}
    return Admission(tuple(ids), admitted)


def _has_room(running: int, bound: int | None) -> bool:
    return bound is None or running < bound
