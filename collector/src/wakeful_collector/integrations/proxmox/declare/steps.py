"""The shape of a plan: ordered steps, each with what was, what is to be, why, and what it does to the guest. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wakeful_collector.integrations.proxmox.acting.deeds import Request

LIVE, REBOOT, STOP, DESTROYS = "live", "reboot", "stop", "destroys"
EFFECTS = (LIVE, REBOOT, STOP, DESTROYS)
"""What a step does to whoever uses the guest: nothing, a reboot, an end of its running, a loss."""

CREATE, CHANGE, RESIZE, MOVE_DISK = "create", "change", "resize", "move_disk"
MIGRATE, START, SHUTDOWN, BOOT_AGAIN, TEMPLATE, DELETE = "migrate", "start", "shutdown", "reboot", "template", "delete"
POOL_CREATE, POOL_CHANGE, POOL_DELETE = "pool.create", "pool.change", "pool.delete"
SNAPSHOT, PRUNE = "snapshot", "snapshot.delete"
KINDS = (
    *(CREATE, CHANGE, RESIZE, MOVE_DISK, MIGRATE, START, SHUTDOWN, BOOT_AGAIN, TEMPLATE, DELETE),
    *(POOL_CREATE, POOL_CHANGE, POOL_DELETE, SNAPSHOT, PRUNE),
)

DIGEST_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Step:
    """One change; `guest` is its vmid, 0 for a pool. `old` and `new` have the same names: fields of the declaration.

    A field that was not set, or is to be unset, is None. `blocked` says why the step will be refused, and is empty
    where nothing stands in its way.
    """

    kind: str
    cluster: str
    guest: int
    title: str
    old: Mapping[str, str | None]
    new: Mapping[str, str | None]
    why: str
    effect: str
    requests: tuple[Request, ...]
    number: int = 0
    blocked: str = ""
    pool: str = ""

    def document(self) -> dict[str, Any]:
        """Return the step as programs and pages take it, without what is secret."""
        return {
            "number": self.number,
            "kind": self.kind,
            "cluster": self.cluster,
            "guest": self.guest,
            "pool": self.pool,
            "title": self.title,
            "old": dict(self.old),
            "new": dict(self.new),
            "why": self.why,
            "effect": self.effect,
            "blocked": self.blocked,
            "requests": [one.shown() for one in self.requests],
        }


@dataclass(frozen=True, slots=True)
class Problem:
    """A wish that cannot be planned, where it was written, and what to do about it."""

    cluster: str
    title: str
    message: str
    hint: str = ""
    file: str = ""
    line: int = 0
    path: str = ""

    def document(self) -> dict[str, Any]:
        """Return the problem as programs and pages take it."""
        return {
            "cluster": self.cluster,
            "title": self.title,
            "message": self.message,
            "hint": self.hint,
            "file": self.file,
            "line": self.line,
            "path": self.path,
        }


@dataclass(frozen=True, slots=True)
class Options:
    """What planning needs to know beside estate and wishes; `protected` are vmids and tags as text."""

    now_ms: int
    protected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they are done in, and what cannot be planned; no steps and no problems: all is as declared."""

    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Number the steps and bind the digest to them."""
        object.__setattr__(self, "steps", tuple(replace(one, number=at) for at, one in enumerate(self.steps, 1)))
        object.__setattr__(self, "digest", digest(self.steps))

    def counts(self) -> dict[str, int]:
        """Return how many steps there are of each effect."""
        return {effect: sum(one.effect == effect for one in self.steps) for effect in EFFECTS}

    def document(self) -> dict[str, Any]:
        """Return the plan as programs and pages take it; `pending` is what an exit code of 3 means."""
        return {
            "digest": self.digest,
            "pending": bool(self.steps),
            "counts": self.counts(),
            "steps": [one.document() for one in self.steps],
            "problems": [one.document() for one in self.problems],
        }


def joined(plans: Iterable[Plan]) -> Plan:
    """Return plans of several clusters as one, numbered through."""
    made = list(plans)
    return Plan(
        tuple(step for one in made for step in one.steps), tuple(problem for one in made for problem in one.problems)
    )


def digest(steps: Iterable[Step]) -> str:
    """Return what a plan is approved by: SHA-256 over what its steps say and send, to whom, in lower-case hex."""
    told = [
        [
            *(one.kind, one.cluster, one.guest, one.title, one.pool, one.effect, dict(one.old), dict(one.new)),
            [[request.method, request.path, request.form] for request in one.requests],
        ]
        for one in steps
    ]
    packed = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode()).hexdigest()
