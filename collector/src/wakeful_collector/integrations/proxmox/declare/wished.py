"""What a declaration wishes for, after it was read: guests, pools and policies of snapshots. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "wakeful/v1"
VM, CONTAINER, POLICY, POOL = "VirtualMachine", "Container", "SnapshotPolicy", "Pool"
KINDS = (VM, CONTAINER, POLICY, POOL)
GUEST_KINDS = {VM: "qemu", CONTAINER: "lxc"}

RUNNING, STOPPED, ABSENT = "running", "stopped", "absent"
PRESENT = "present"

Value = str | dict[str, str | None] | None
"""A wish for one field: a text, the named parts of a property string, or None: it is not to be set."""


class Place(NamedTuple):
    """Where something was written; lines count from 1."""

    file: str = ""
    line: int = 0


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class GuestWish:
    """What a guest is to be; only what is in `values` is owned. `state` and `node` are empty where nothing was said.

    `source` is what a new guest is made from: `clone`, `full`, `storage`, `ostemplate`, `ssh-public-keys`.
    """

    cluster: str
    kind: str
    vmid: int
    values: Mapping[str, Value] = field(default_factory=dict)
    state: str = ""
    node: str = ""
    template: bool | None = None
    source: Mapping[str, str] = field(default_factory=dict)
    place: Place = NOWHERE
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def guest_kind(self) -> str:
        """Return what Proxmox calls the kind: qemu or lxc."""
        return GUEST_KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class PoolWish:
    """What a pool is to be; None is not owned."""

    cluster: str
    name: str
    comment: str | None = None
    members: frozenset[int] | None = None
    storages: frozenset[str] | None = None
    state: str = PRESENT
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Keep:
    """How many snapshots stay: the newest `last`, and the newest of each of so many hours, days, weeks, months."""

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0


@dataclass(frozen=True, slots=True)
class PolicyWish:
    """Which guests get snapshots when, and which of those stay. `name` is part of the snapshots' names."""

    cluster: str
    name: str
    schedule: str
    keep: Keep
    guests: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()
    pools: frozenset[str] = frozenset()
    timezone: str = "UTC"
    memory: bool = False
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that some files declare."""

    guests: tuple[GuestWish, ...] = ()
    pools: tuple[PoolWish, ...] = ()
    policies: tuple[PolicyWish, ...] = ()

    def of(self, cluster: str) -> Wishes:
        """Return what is declared for one cluster."""
        return Wishes(
            tuple(one for one in self.guests if one.cluster == cluster),
            tuple(one for one in self.pools if one.cluster == cluster),
            tuple(one for one in self.policies if one.cluster == cluster),
        )

    def clusters(self) -> tuple[str, ...]:
        """Return the clusters that something is declared for, by name."""
        found = {one.cluster for one in self.guests} | {one.cluster for one in self.pools}
        return tuple(sorted(found | {one.cluster for one in self.policies}))


class Fault(NamedTuple):
    """Something wrong with a file: where, in which field, what, and what would be right."""

    file: str
    line: int
    path: str
    message: str
    hint: str = ""

    def document(self) -> dict[str, str | int]:
        """Return the fault as programs and pages take it."""
        return self._asdict()

    def __str__(self) -> str:
        """Return it in one line, as a compiler would."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        told = f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"
        return f"{told}; {self.hint}" if self.hint else told
