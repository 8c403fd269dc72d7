"""The child process that sends one message: `python -m wakeful_collector.outbox.sending`, the request on stdin.

Whatever a service or its library does here, the worker loses nothing but this process: it is killed when its time is
over, and ends by itself should the worker be gone. The address, a secret, is in no argument and no environment.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.concealing import concealed

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST_BYTES_MAX = 1024 * 1024
MEMORY_BYTES_MAX = 2 * 1024**3
_MARGIN_SECONDS = 5


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Do what a request asks and return how it ended: `outcome` (delivered, failed, refused, known) and `error`."""
    try:
        return _sender(request["kind"])(request)
    except Exception as error:  # whatever a plugin raises is an outcome, and its text may hold the address
        found = {"outcome": "failed", "error": f"{type(error).__name__}: {error}"}
    return {**found, "error": concealed(found["error"], str(request.get("url", "")), str(request.get("secret", "")))}


def _sender(kind: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what sends: each is loaded alone, as a webhook should not wait for a hundred services to be imported."""
    if kind == "webhook":
        from wakeful_collector.outbox import sending_webhook

        return sending_webhook.send
    from wakeful_collector.outbox import sending_apprise

    return sending_apprise.send


def restrain(seconds: float) -> None:
    """Bound this process: its life, its memory, no core dumps (they would hold the secret)."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))


def main() -> int:
    """Read a request, answer it on what was stdout; what libraries print goes nowhere."""
    told = os.dup(1)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    request = json.loads(sys.stdin.buffer.read(REQUEST_BYTES_MAX + 1))
    restrain(float(request["timeout_seconds"]) + _MARGIN_SECONDS)
    with os.fdopen(told, "w", encoding="ascii") as out:
        json.dump(answer(request), out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
