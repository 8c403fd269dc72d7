"""The estate of a Proxmox VE cluster as it was seen: its nodes, guests, storages and the rest, and how each was seen.

Everything is plain frozen data: the synchronisation makes it, tables keep it, plans and pages read it.
"""

from __future__ import annotations

from typing import Any

import msgspec

SEEN = "seen"
PARTIAL = "partial"
NOT_PERMITTED = "not_permitted"
ABSENT = "absent"
FAILED = "failed"
STALE = "stale"
"""How an area was looked at: as a whole, the permitted part of it, not at all as the token may not, this version of
PVE does not have it, it went wrong (the reason says how), not since `seen_ms`."""

QEMU = "qemu"
LXC = "lxc"
UNKNOWN = "unknown"
"""The status of a guest or node of which the cluster has no statistics now: it says nothing of what it was before."""


class Area(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one part of a cluster was seen: `name` as `guests`, `ha`, `node/pve1/network`, `content/pve1/local`.

    `since_ms` is when it came into this state, `seen_ms` when it was seen last (0: never).
    """

    name: str
    state: str
    reason: str = ""
    since_ms: int = 0
    seen_ms: int = 0


class Usage(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """What a poll said of a node, guest or storage; None where it said nothing.

    `cpu` is the share of `cpus` that is used; counters of bytes run since the start of the guest.
    """

    cpu: float | None = None
    cpus: float | None = None
    memory_bytes: int | None = None
    memory_max_bytes: int | None = None
    disk_bytes: int | None = None
    disk_max_bytes: int | None = None
    uptime_seconds: int | None = None
    received_bytes: int | None = None
    sent_bytes: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    host_memory_bytes: int | None = None


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node; `facts` is what it said of itself (version, kernel, cpu model) when it was asked last."""

    cluster: str
    name: str
    status: str = UNKNOWN
    address: str = ""
    level: str = ""
    facts: dict[str, str] = {}
    first_ms: int = 0
    gone_ms: int = 0

    @property
    def id(self) -> str:
        """Return it as the cluster calls it."""
        return f"node/{self.name}"


class Snapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """A snapshot of a guest; `parent` is the one it was taken after."""

    name: str
    at_ms: int = 0
    parent: str = ""
    description: str = ""
    with_memory: bool = False


class Guest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A virtual machine or container. It is the same guest while cluster, vmid and creation `mark` are the same.

    `config` is what is in effect, `pending` what a restart will make of single keys (None: removed). `status` may be
    `unknown` while its node is; `known_status` is the last definite one. `config_state` is the state of an area.
    """

    cluster: str
    vmid: int
    kind: str
    mark: str = ""
    name: str = ""
    node: str = ""
    status: str = UNKNOWN
    known_status: str = ""
    lock: str = ""
    tags: tuple[str, ...] = ()
    template: bool = False
    pool: str = ""
    ha_state: str = ""
    cpus: float = 0
    memory_bytes: int = 0
    disk_bytes: int = 0
    digest: str = ""
    config: dict[str, str] = {}
    pending: dict[str, str | None] = {}
    snapshots: tuple[Snapshot, ...] = ()
    current_snapshot: str = ""
    addresses: tuple[str, ...] = ()
    facts: dict[str, str] = {}
    balloon_memory_bytes: int | None = None
    config_state: str = STALE
    config_reason: str = ""
    config_seen_ms: int = 0
    first_ms: int = 0
    gone_ms: int = 0

    @property
    def id(self) -> str:
        """Return it as the cluster calls it."""
        return f"{self.kind}/{self.vmid}"

    @property
    def wanted(self) -> dict[str, str]:
        """Return the configuration as it is written: what is in effect, with what is pending made so."""
        merged = {**self.config, **{key: value for key, value in self.pending.items() if value is not None}}
        return {key: value for key, value in merged.items() if self.pending.get(key, "") is not None}

    @property
    def is_protected(self) -> bool:
        """Tell whether PVE's own protection is on."""
        return self.wanted.get("protection", "0") == "1"


class Storage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A storage on one node; `config` is its definition for the whole cluster."""

    cluster: str
    name: str
    node: str
    type: str = ""
    content: tuple[str, ...] = ()
    shared: bool = False
    status: str = UNKNOWN
    config: dict[str, str] = {}
    first_ms: int = 0
    gone_ms: int = 0

    @property
    def id(self) -> str:
        """Return it as the cluster calls it."""
        return f"storage/{self.node}/{self.name}"


class Volume(msgspec.Struct, frozen=True, omit_defaults=True):
    """One volume of a storage: an image, ISO, template or backup. `node` is where it was seen."""

    storage: str
    node: str
    volid: str
    content: str
    format: str = ""
    size_bytes: int = 0
    vmid: int | None = None
    at_ms: int = 0
    notes: str = ""
    is_protected: bool = False
    verification: str = ""


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """Anything else that has a name and settings: a network interface, pool, HA resource or rule, job."""

    id: str
    node: str = ""
    config: dict[str, str] = {}
    first_ms: int = 0
    gone_ms: int = 0


class Task(msgspec.Struct, frozen=True, omit_defaults=True):
    """A task of a node; it runs while `ended_ms` is 0. `status` is `OK`, `WARNINGS: n` or what went wrong."""

    upid: str
    node: str
    kind: str
    subject: str = ""
    user: str = ""
    started_ms: int = 0
    ended_ms: int = 0
    status: str = ""

    @property
    def is_running(self) -> bool:
        """Tell whether it had not ended when it was seen last."""
        return not self.ended_ms

    @property
    def is_failed(self) -> bool:
        """Tell whether it ended badly; one that ended with warnings did not."""
        return bool(self.ended_ms) and self.status != "OK" and not self.status.startswith("WARNINGS")


class Estate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cluster as it was seen last. Lists hold what is there; what is gone is in the questions of history.

    `usage` is by the ids that the cluster gives (`qemu/100`, `node/pve1`, `storage/pve1/local`), as of `polled_ms`.
    `permissions` is what the token may: by path the privileges, each with whether it is handed on below.
    """

    cluster: str
    polled_ms: int = 0
    surveyed_ms: int = 0
    version: str = ""
    quorate: bool | None = None
    nodes: tuple[Node, ...] = ()
    guests: tuple[Guest, ...] = ()
    storages: tuple[Storage, ...] = ()
    contents: tuple[Volume, ...] = ()
    networks: tuple[Item, ...] = ()
    pools: tuple[Item, ...] = ()
    ha: tuple[Item, ...] = ()
    replication: tuple[Item, ...] = ()
    backup_jobs: tuple[Item, ...] = ()
    not_in_backup: tuple[int, ...] = ()
    tasks: tuple[Task, ...] = ()
    usage: dict[str, Usage] = {}
    permissions: dict[str, dict[str, int]] = {}
    areas: tuple[Area, ...] = ()

    def guest(self, vmid: int) -> Guest | None:
        """Return the guest of that number."""
        return next((one for one in self.guests if one.vmid == vmid), None)

    def area(self, name: str) -> Area:
        """Return how an area was seen; one that never was looked at is stale."""
        return next((one for one in self.areas if one.name == name), Area(name, STALE, "it was not looked at yet"))

    @property
    def major(self) -> int:
        """Return the major version of PVE, 0 while it is not known."""
        head = self.version.partition(".")[0]
        return int(head) if head.isdigit() else 0


def texts(config: dict[str, Any]) -> dict[str, str]:
    """Return settings as texts, as PVE writes them: numbers and booleans come as either; nested ones are left out."""
    plain: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, bool):
            plain[str(key)] = str(int(value))
        elif isinstance(value, (str, int, float)):
            plain[str(key)] = str(value)
    return plain
