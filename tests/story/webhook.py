"""Where people are called: a receiver of webhooks, with an address of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from ..fakes.webhook_receiver import Receiver
from .actor import Actor, obey

if TYPE_CHECKING:
    from pathlib import Path

    from .places import Place

PORT = 9000
FRESH_SECONDS = 300


class Webhook(Actor):
    """A receiver that keeps what it is sent."""

    module = "tests.story.webhook"

    def __init__(self, place: Place, folder: Path) -> None:
        super().__init__(place, folder)
        self.url = ""

    def start(self) -> None:
        """Start it."""
        super().start()
        self.url = str(self.order("address"))

    def received(self) -> list[dict[str, Any]]:
        """Return what was sent until now, the oldest first: `headers`, `body` and the `document` in it."""
        found: list[dict[str, Any]] = self.order("received")
        return [{**one, "body": base64.b64decode(one["body"])} for one in found]

    def messages(self, kind: str, subject: str) -> list[dict[str, Any]]:
        """Return the messages about one thing that arrived: each once, as a receiver should take them."""
        found = {one["document"]["id"]: one for one in self.received() if (one["document"] or {}).get("incident")}
        about = ((one, one["document"]["incident"]) for one in found.values())
        return [one for one, incident in about if (incident["kind"], incident["subject"]) == (kind, subject)]


def is_genuine(secret: str, message: dict[str, Any]) -> bool:
    """Tell whether a message was signed with the channel's secret, and just now."""
    stamp = message["headers"]["Wakeful-Timestamp"]
    signed = hmac.new(secret.encode(), stamp.encode() + b"." + message["body"], hashlib.sha256).hexdigest()
    fresh = abs(time.time() - int(stamp)) < FRESH_SECONDS
    return fresh and hmac.compare_digest(message["headers"]["Wakeful-Signature"], f"v1={signed}")


class Program:
    """The receiver's own side."""

    def __init__(self, address: str) -> None:
        self.receiver = Receiver(address=address, port=PORT)
        threading.Thread(target=self.receiver.serve_forever, args=(0.05,), daemon=True).start()

    def address(self) -> str:
        return self.receiver.url

    def received(self) -> list[dict[str, Any]]:
        with self.receiver.arrived:
            found = list(self.receiver.received)
        return [{**one, "body": base64.b64encode(one["body"]).decode()} for one in found]


if __name__ == "__main__":
    obey(Program(sys.argv[2]))
