"""An Ollama over real sockets, built from how the real one behaves: neither it nor its models can be installed here.

"The facts" are notes on Ollama of August 2026; what is marked *seen* was observed on a real server with the official
clients, what is marked *read* is from its source.

    with ollama() as server:
        client = Client(host=server.url)
        server.manners.token_seconds = 0.05
        server.fail("cut", after=3)
        server.shut()  # the machine is off
        server.reboot()
        server.seen("/api/chat")[0].header("authorization")
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..pterodactyl.turning import Turning
from .exchange import Visit
from .manners import Fault, Manners
from .models import Model
from .server import Ollama

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

__all__ = ["Fault", "Manners", "Model", "Ollama", "Visit", "ollama"]


@contextlib.contextmanager
def ollama(asleep: bool = False, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Ollama]:
    """Run a server until the block ends; `asleep` gives it a port on which nobody listens until `reboot`."""
    turning = Turning()
    server = Ollama(turning, address, tls)
    server.open()
    if asleep:
        server.shut()
    try:
        yield server
    finally:
        server.shut()
        turning.end()
        if turning.errors:
            raise turning.errors[0]
