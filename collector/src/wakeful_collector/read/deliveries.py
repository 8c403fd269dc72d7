"""What became of messages: deliveries, newest first, with their attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.store import database, outbox
from wakeful_collector.store.outbox import Delivery

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Delivery", "DeliveryPage", "counts", "deliveries", "delivery"]

LIMIT_MAX = 500


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries and the cursor of the next page, None on the last one."""

    deliveries: list[Delivery]
    next: str | None


def deliveries(
    data: Path,
    state: str | None = None,
    channel: str | None = None,
    incident: str | None = None,
    before: str | None = None,
    limit: int = 100,
) -> DeliveryPage:
    """Return the newest deliveries (in a state, to a channel, of an incident), or those before a page's `next`.

    Raises ValueError for a cursor that is none.
    """
    limit = min(max(limit, 1), LIMIT_MAX)
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 18):
        raise ValueError("the cursor is not one that a page before gave")
    place = None if before is None else int(before)
    with database.translated():
        rows = outbox.page(database.reader(data, "state"), state, channel, incident, place, limit + 1)
    return DeliveryPage(rows[:limit], str(rows[limit - 1].seq) if len(rows) > limit else None)


def delivery(data: Path, delivery_id: str) -> Delivery | None:
    """Return one delivery by its id."""
    with database.translated():
        return outbox.by_id(database.reader(data, "state"), delivery_id)


def counts(data: Path) -> dict[str, int]:
    """Return how many deliveries there are in each state."""
    with database.translated():
        return outbox.counts(database.reader(data, "state"))
