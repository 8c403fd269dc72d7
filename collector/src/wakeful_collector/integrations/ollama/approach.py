"""The way to a machine that may sleep: the turn in its queue, then a connection that its service takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.ollama.bodies import ClientGone
from wakeful_collector.integrations.ollama.dialects import Refusal
from wakeful_collector.integrations.ollama.states import SERVING, State
from wakeful_collector.integrations.ollama.upstream import Unreached, Upstream
from wakeful_collector.read import gateway

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator
    from pathlib import Path

    from wakeful_collector.integrations.ollama.beats import Beats
    from wakeful_collector.integrations.ollama.leasing import Ticket
    from wakeful_collector.integrations.ollama.reply import Reply

CONNECT_SECONDS = 5.0
AGAIN_SECONDS = 0.5
PATIENCE_SECONDS = 15.0
"""How long a machine that is said to be awake may take no connection."""

AWAY_SECONDS = 180.0
"""How much longer than its boot a machine that fell asleep under a request may be away."""

RETRY_SECONDS = 10


class Approach:
    """Yields what keeps the client's connection alive, and returns what it was about. `gone`: the client has left."""

    def __init__(self, ticket: Ticket, reply: Reply, beats: Beats, gone: threading.Event) -> None:
        self.ticket = ticket
        self.reply = reply
        self.beats = beats
        self.gone = gone
        self.has_waited = False

    def wait(self) -> Generator[bytes, None, None]:
        """Wait for the turn; raise Refused, ClientGone."""
        look = self.ticket.look
        while not look.admitted:
            self.has_waited = True
            self.reply.state = look.state or self.reply.state
            yield from self.beats.due()
            look = self.ticket.wait(self.beats.wait_seconds())
            self._check()
        if not self.reply.is_begun:
            self.reply.state = State.AWAKE

    def connect(self, data: Path, upstream: Upstream) -> Generator[bytes, None, None]:
        """Connect to the machine's service; it may have fallen since the last look, and is waited for again then.

        Raises Refusal, ClientGone.
        """
        began = refused_since = clock.monotonic_seconds()
        error = ""
        serves = True
        while True:
            if serves:  # what listens while a machine boots may not be ready: a proxy, a model that still loads
                try:
                    upstream.connect(CONNECT_SECONDS)
                except Unreached as unreached:
                    error = str(unreached)
                else:
                    self._check()
                    return
            self.has_waited = True
            serves = self._still_serves(data, error, began)
            if not serves:
                refused_since = clock.monotonic_seconds()
            elif clock.monotonic_seconds() - refused_since > PATIENCE_SECONDS:
                said = f"{self.ticket.machine.name} is awake, and its service takes no connection: {error}"
                raise Refusal(502, "unsent", said, RETRY_SECONDS)
            yield from self.beats.due()
            self.gone.wait(min(AGAIN_SECONDS, self.beats.wait_seconds()))
            self._check()

    def _still_serves(self, data: Path, error: str, began: float) -> bool:
        """Tell whether the machine is said to be awake; raise Refusal when it will not be there any more."""
        machine = self.ticket.machine
        row = gateway.state(data, machine.name)
        state = State.UNREACHABLE if row is None else row.state
        if not self.reply.is_begun:
            self.reply.state = state
        away_seconds = clock.monotonic_seconds() - began
        if state == State.UNREACHABLE or away_seconds > machine.boot_seconds + AWAY_SECONDS:
            reason = row.reason if row is not None and row.reason else error
            raise Refusal(504, "not_awake", f"{machine.name} is {state}: {reason}", RETRY_SECONDS)
        return state in SERVING

    def _check(self) -> None:
        if self.gone.is_set():
            raise ClientGone("the client hung up")
