"""What the agent tells of itself; docs/reference/events.md is made of this table."""

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
WAKE_SENT = "wake.sent"
WAKE_SUCCEEDED = "wake.succeeded"
WAKE_FAILED = "wake.failed"

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
    CAPABILITY_CHANGED: "something became possible or impossible here (the subject); data: available, reason",
    CLOCK_JUMPED: "the clock was set back after pushes from the future were refused; a new run began",
    SERIES_CUT: "there are more series than the wire takes; data: series",
    WAKE_SENT: "a packet that wakes a machine was sent, the subject is its name or address; data: mac, ways, check",
    WAKE_SUCCEEDED: "the machine that was woken is up; data: mac, ways, check, packets, seconds",
    WAKE_FAILED: "it got no packet, or did not come up in its time; data: mac, check, why, ways, packets, seconds",
    "watch.down": "it is down, and stayed so for the debounce; data: incident, detail, what it adds",
    "watch.up": "it is up again and has stayed so; data: incident, seconds_down, by (recovery, itself)",
    "watch.held": "it is down for a reason that is not fought, such as a full disk; data: incident, detail",
    "watch.stopped": "a person stopped it, it is left alone until it was up again; data: incident, detail",
    "watch.blind": "nobody can tell how it stands, for long or until a person helps; data: incident, detail, trouble",
    "watch.sighted": "it can be told again; data: incident",
    "watch.paused": "it is left alone for a while; data: until_ms (0: until it is resumed), why",
    "watch.resumed": "the pause is over, it is kept alive again; data: incident",
    "recovery.attempted": "an attempt was made; data: incident, attempt, of, summary, dry_run",
    "recovery.failed": "an attempt could not be made, or did not bring it up to stay; data: incident, attempt, why",
    "recovery.succeeded": "it came up by an attempt and stayed up; data: incident, attempts, seconds_down",
    "recovery.given_up": "the budget is spent, a person is called; data: incident, attempts, story, what it adds",
    "recovery.flapping": "it falls again and again; data: incident, falls, seconds",
}


def event(kind: str, at_ms: int, subject: str = "", **data: Any) -> dict[str, Any]:
    """Return an event as it travels, with a new random id."""
    return {"id": os.urandom(8).hex(), "at": at_ms, "kind": kind, "subject": subject, "data": data}
