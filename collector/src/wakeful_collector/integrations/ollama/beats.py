"""Keeps a client's connection alive while its answer is not there: proxies cut what is silent for 30 seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.ollama.dialects import Form, beat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wakeful_collector.integrations.ollama.reply import Reply

SLICE_SECONDS = 1.0
"""How long anything waits at most before it looks up."""


class Beats:
    """Says something that means nothing every `every_seconds`, where the form of the answer allows it.

    A plain JSON answer is kept alive only with `plain`: its status is 200 from then on, whatever comes of it.
    """

    def __init__(self, reply: Reply, every_seconds: float, *, plain: bool, now_seconds: float) -> None:
        form = reply.shape.form
        self.is_on = every_seconds > 0 and form is not Form.OTHER and (form is not Form.JSON or plain)
        self._reply = reply
        self._every_seconds = every_seconds
        self._due_seconds = now_seconds + every_seconds

    def due(self) -> Iterator[bytes]:
        """Yield what has to be said now, if anything."""
        if self.is_on and clock.monotonic_seconds() >= self._due_seconds:
            self._due_seconds = clock.monotonic_seconds() + self._every_seconds
            if not self._reply.is_begun:
                self._reply.begin_early()
            yield beat(self._reply.shape.form)

    def wait_seconds(self) -> float:
        """Return how long may be waited before something has to be said."""
        if not self.is_on:
            return SLICE_SECONDS
        return min(SLICE_SECONDS, max(0.0, self._due_seconds - clock.monotonic_seconds()))
