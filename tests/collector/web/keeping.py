"""A machine that keeps game servers alive, for the tests of pages: with names as hostile as they may be."""

from __future__ import annotations

from typing import Any

NOW_MS = 1_795_000_000_000
HOSTILE = "<img src=x onerror=alert(1)>\u202egnp"
LINK = "https://sshx.io/s/AbCdEf0123#KeyKeyKey12345"
WATCH = {"kind": "choice", "required": True, "choices": ["survival", "creative", HOSTILE]}
ACTIONS = [
    {"name": "watch.pause", "danger": "changes", "parameters": {"watch": WATCH, "seconds": {"kind": "number"}}},
    {"name": "watch.resume", "danger": "none", "parameters": {"watch": WATCH}},
    {"name": "watch.repair", "danger": "changes", "parameters": {"watch": WATCH}},
    *(
        {"name": f"server.{verb}", "danger": danger, "parameters": {"watch": {**WATCH, "choices": ["survival"]}}}
        for verb, danger in (("start", "changes"), ("stop", "changes"), ("restart", "changes"), ("kill", "destroys"))
    ),
    {
        "name": "backup-world",
        "danger": "changes",
        "help": HOSTILE,
        "parameters": {
            "world": {"kind": "choice", "choices": ["overworld", HOSTILE], "required": True, "help": "which one"},
            "keep": {"kind": "number", "least": 1, "most": 30, "default": 7, "required": False},
            "note": {"kind": "text", "pattern": "(a+)+$", "required": False},
            "quick": {"kind": "flag", "required": False},
        },
    },
    {"name": "wipe-world", "danger": "destroys", "parameters": {}},
    {"name": "list-worlds", "danger": "none", "parameters": {}},
]
HELLO: dict[str, Any] = {"name": "games", "version": "0.1.0", "actions": ACTIONS}


def watch(name: str, **more: Any) -> dict[str, Any]:
    """Return the row of a watch that is up."""
    return {
        "name": name, "kind": "pterodactyl", "state": "up", "phase": "watching", "since_ms": NOW_MS - 3_600_000,
        "attempts": 0, "of": 5, "next_ms": None, "detail": "", "paused": False, "until_ms": None, "dry_run": False,
        "flapping": False, "incident": "", "data": {}, **more,
    }  # fmt: skip


WATCHES = [
    watch("survival"),
    watch(HOSTILE, state="down", phase="waiting", attempts=2, next_ms=NOW_MS + 40_000, detail=f"offline {HOSTILE}"),
    watch("creative", paused=True, phase="paused", until_ms=NOW_MS + 3_600_000, dry_run=True, flapping=True),
]
SERVERS = [
    {
        "watch": "survival",
        "server": "1a2b3c4d",
        "name": f"Survival {HOSTILE}",
        "node": "n1",
        "state": "running",
        "resources": {"memory_bytes": 2**30, "memory_limit_bytes": 2**32, "cpu_absolute": 150, "uptime": 7_200_000},
        "console_tail": [f"Link: {LINK}", HOSTILE],
        "links": [{"kind": "writable", "url": LINK}, {"kind": "link", "url": "javascript:alert(1)"}],
    }
]


def event(number: int, kind: str, seconds: int, subject: str = "survival", **data: Any) -> dict[str, Any]:
    """Return an event of the incident `i1`, so many seconds before now."""
    return {
        "id": f"e{number}",
        "at": NOW_MS - seconds * 1000,
        "kind": kind,
        "subject": subject,
        "data": {"incident": "i1", **data},
    }


def keeps(made: Any, **more: Any) -> Any:
    """Let a machine say that it keeps servers alive."""
    said = {"watches": {"hash": "w", "body": WATCHES}, "pterodactyl": {"hash": "p", "body": SERVERS}}
    made.push([[NOW_MS - 1000, [0.1, 1.0, 2.0, 3.0]]], NOW_MS, hello=HELLO, inventories=said, **more)
    return made
