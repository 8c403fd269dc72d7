"""What a conversation decides is to be done; the server's hands do it and bring back what came of it."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

VIEW, GRANT, RESOURCES, ACTIVITY = "view", "grant", "resources", "activity"
"""Ask the panel for the server, a token, its resources, its activity log (of the last `text` seconds, if any)."""
POWER = "power"
"""Ask the panel for the power action `text`."""
OPEN, SEND, PING, CLOSE = "open", "send", "ping", "close"
"""Open the websocket at `text`, send the frame `text`, ask for a sign of life, close."""
LOGS = "logs"
"""Ask Wings for the last lines of the console, and forget those that will come again."""


class Order(NamedTuple):
    """One thing to be done."""

    verb: str
    text: str = ""
