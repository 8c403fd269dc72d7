"""What a push is answered: accepted with what the agent should know, or refused with a reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.commands import NOTHING, Handed
from wakeful_collector.model.store_errors import StoreBusy, StoreFull
from wakeful_wire.tuning import tuning_hash

if TYPE_CHECKING:
    from wakeful_collector.store.agents import Agent
    from wakeful_wire.errors import WireError

BUSY_SECONDS = 5
FULL_SECONDS = 60
_UNTUNED = tuning_hash({})


class Reply(NamedTuple):
    """An HTTP answer: its JSON body, and after how many seconds to come again where that helps (0: not said)."""

    status: int
    body: bytes
    retry_seconds: int = 0
    code: str = ""


def accepted(
    sequence: int, agent: Agent, in_force: str | None, wants: list[str], now_ms: int, handed: Handed = NOTHING
) -> Reply:
    """Return the answer to a push that is durable; `in_force` is the hash of the configuration the agent runs with."""
    live = max(agent.live_until_ms, handed.live_until_ms)
    live = live if live > now_ms else 0
    config = _config(agent, in_force)
    if not live and config is None and not wants:
        return Reply(200, b'{"sequence":%d}' % sequence)
    document: dict[str, Any] = {"sequence": sequence}
    if config is not None:
        document["config"] = config
    if live:
        document["live"] = live
    if wants:
        document["want"] = wants
    if handed.commands:
        document["commands"] = handed.commands
    return Reply(200, _json(document))


def refused(error: WireError) -> Reply:
    """Return the answer that says what is not acceptable."""
    return Reply(error.status, _json(error.document()), 0, error.code)


def again(status: int, code: str, message: str, seconds: int) -> Reply:
    """Return the answer that asks to come again later."""
    return Reply(status, _json({"error": code, "message": message}), seconds, code)


def unable(error: Exception) -> Reply:
    """Return the answer for a store that could not take the push."""
    if isinstance(error, StoreFull):
        return again(503, "store_full", "the collector's disk is full; nothing was taken, come again", FULL_SECONDS)
    if isinstance(error, StoreBusy):
        return again(503, "store_busy", "the collector's store is busy; come again", BUSY_SECONDS)
    return again(503, "store_unavailable", "the collector's store cannot be written; come again", FULL_SECONDS)


def _config(agent: Agent, in_force: str | None) -> dict[str, Any] | None:
    if agent.tuning is None:
        return None if in_force in {None, _UNTUNED} else {}
    return None if in_force == agent.tuning_hash else agent.tuning


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode("ascii")
