"""Runs the child that sends: a hard timeout for all of it, its whole group killed when it is over, secrets on stdin."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from wakeful_collector.model.delivery import Attempt

ARGV = (sys.executable, "-m", "wakeful_collector.outbox.sending")
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_ANSWER_BYTES_MAX = 65_536


def attempt(request: dict[str, Any], timeout_seconds: float) -> Attempt:
    """Let a child send a message and return how that ended; raises nothing."""
    began = time.monotonic()
    found = call(request, timeout_seconds)
    outcome = found.get("outcome")
    return Attempt(
        outcome=outcome if outcome in {"delivered", "refused"} else "failed",
        error=str(found.get("error", ""))[:500],
        seconds=time.monotonic() - began,
        retry_after_seconds=float(found.get("retry_after_seconds") or 0.0),
    )


def call(request: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
    """Run a child with this request and return its answer, or an `outcome` that says why there is none."""
    question = json.dumps({**request, "timeout_seconds": timeout_seconds}).encode("ascii")
    process = subprocess.Popen(
        ARGV,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        cwd="/",
        start_new_session=True,
    )
    try:
        told, _ = process.communicate(question, timeout_seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)  # it was not waited for yet, so the number is still its own
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            return {"outcome": "failed", "error": f"it took longer than {timeout_seconds:g} s and was ended"}
        raise
    return _read(told, process.returncode)


def _read(told: bytes, code: int) -> dict[str, Any]:
    try:
        found = json.loads(told[:_ANSWER_BYTES_MAX])
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return {"outcome": "failed", "error": f"the process that sends {how} without an answer"}


def _environment() -> dict[str, str]:
    """Return what the child may know of this machine: no settings, no proxies, nobody's home."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}
