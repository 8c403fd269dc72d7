"""What the agent tells of itself; the kinds are listed in docs/events.md."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STARTED = "agent.started"
STOPPED = "agent.stopped"
RELOADED = "agent.reloaded"
FILE_REFUSED = "agent.file_refused"
CONFIG_APPLIED = "agent.config_applied"
CONFIG_REFUSED = "agent.config_refused"
SPOOL_DROPPED = "agent.spool_dropped"
SPOOL_UNWRITABLE = "agent.spool_unwritable"
PUSH_REFUSED = "agent.push_refused"
CAPABILITY_CHANGED = "agent.capability_changed"
CLOCK_JUMPED = "agent.clock_jumped"
SERIES_CUT = "agent.series_cut"

KINDS = {
    STARTED: "the agent started; data: version, python, run",
    STOPPED: "the agent was told to stop; data: signal",
    RELOADED: "agent.toml was read again and is in force",
    FILE_REFUSED: "agent.toml was read again and is wrong, the old settings stay; data: problems",
    CONFIG_APPLIED: "what the collector tuned is in force; data: hash",
    CONFIG_REFUSED: "what the collector tuned is not permitted or wrong, the old one stays; data: hash, problems",
    SPOOL_DROPPED: "pushes were dropped because the spool reached its bound; data: pushes",
    SPOOL_UNWRITABLE: "the spool's disk takes no more, pushes are held in memory; data: error",
    PUSH_REFUSED: "the collector refused a push for good, it was set aside; data: code",
    CAPABILITY_CHANGED: "something became (im)possible here; subject: the capability, data: available, reason",
    CLOCK_JUMPED: "the clock was set back after pushes from the future were refused; a new run began",
    SERIES_CUT: "there are more series than the wire takes; data: series",
}


def event(kind: str, at_ms: int, subject: str = "", **data: Any) -> dict[str, Any]:
    """Return an event as it travels, with a new random id."""
    return {"id": os.urandom(8).hex(), "at": at_ms, "kind": kind, "subject": subject, "data": data}
