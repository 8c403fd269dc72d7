"""What changes seldom, looked at every now and then: the cluster as a whole, each node, each storage's contents.

Each part that cannot be seen is an area that says why; what was known of it stays.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.integrations.proxmox.sync import permitted, surveyed
from wakeful_collector.integrations.proxmox.sync.details import WORKERS
from wakeful_collector.integrations.proxmox.sync.polling import missed, tasks_of
from wakeful_collector.model.estate import SEEN, STALE, Area, Item, Storage, Task, Volume

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.integrations.proxmox.sync.permitted import Permissions
    from wakeful_collector.integrations.proxmox.sync.surveyed import Inside

T = TypeVar("T")


class Api(Protocol):
    """What is asked of a cluster for one pool."""

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands there."""


POOLS_MAX = 1_000
TASKS_OF_NODE_MAX = 500


@dataclass
class Survey:
    """What a survey found; a field is None, or a key not there, where that part could not be seen."""

    version: str | None = None
    permissions: Permissions | None = None
    quorate: bool | None = None
    addresses: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    storages: dict[str, dict[str, str]] | None = None
    not_in_backup: tuple[int, ...] | None = None
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    networks: dict[str, dict[str, Item]] = field(default_factory=dict)
    inside: dict[str, Inside] = field(default_factory=dict)
    contents: dict[str, tuple[Volume, ...]] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)


class Surveyor:
    """Looks at one cluster once."""

    def __init__(self, client: Client, now_ms: int, version: str = "") -> None:
        self.client = client
        self.version = version
        self.now_ms = now_ms
        self.found = Survey()

    def whole(self) -> None:
        """Look at the cluster as a whole."""
        found, rows, one = self.found, self.client.rows, self.client.one
        found.version = self._see("version", lambda: surveyed.version(one("/version")))
        version = found.version or self.version
        found.permissions = self._see("permissions", lambda: permitted.permissions(one("/access/permissions")))
        status = self._see("status", lambda: surveyed.status(rows("/cluster/status")))
        if status is not None:
            found.quorate, found.addresses = status
        found.not_in_backup = self._see(
            "not_in_backup", lambda: surveyed.numbers(rows("/cluster/backup-info/not-backed-up"))
        )
        found.storages = self._see("storage definitions", lambda: surveyed.storages(rows("/storage")))
        self._keep("backup_job", "backup jobs", lambda: surveyed.items(rows("/cluster/backup"), "id"))
        self._keep("replication", "replication", lambda: surveyed.items(rows("/cluster/replication"), "id"))
        self._keep("ha", "ha", lambda: self._ha(version.partition(".")[0]))
        self._keep("pool", "pools", self._pools)

    def nodes(self, online: Iterable[str], away: Iterable[str], since_ms: int) -> None:
        """Look at each node that is there: what it is, its networks, what it knows of its guests, its tasks."""
        for name in away:
            self._areas(
                Area(f"node/{name}/{part}", STALE, f"the node {name} is offline", self.now_ms)
                for part in ("status", "networks", "guests", "tasks")
            )
        self._at_once(lambda name: self._node(name, since_ms), list(online))

    def storages(self, storages: Iterable[Storage], online: frozenset[str]) -> None:
        """Look at what storages hold; a shared one is asked for on one node."""
        chosen = surveyed.to_ask(storages, online)
        self._at_once(self._contents, chosen)

    def _node(self, name: str, since_ms: int) -> None:
        rows, one = self.client.rows, self.client.one
        facts = self._see(f"node/{name}/status", lambda: surveyed.facts(one(path("nodes", name, "status"))))
        if facts is not None:
            self.found.facts[name] = facts
        networks = self._see(
            f"node/{name}/networks", lambda: surveyed.networks(name, rows(path("nodes", name, "network")))
        )
        if networks is not None:
            self.found.networks[name] = networks
        inside = self._see(f"node/{name}/guests", lambda: surveyed.inside(rows(path("nodes", name, "qemu"), full=1)))
        self.found.inside.update(inside or {})
        asked = {"limit": TASKS_OF_NODE_MAX} | ({"since": since_ms // 1000} if since_ms else {})
        tasks = self._see(f"node/{name}/tasks", lambda: tasks_of(rows(path("nodes", name, "tasks"), **asked)))
        self.found.tasks += tasks or []

    def _contents(self, one: Storage) -> None:
        def ask() -> tuple[Volume, ...]:
            return surveyed.volumes(one, self.client.rows(path("nodes", one.node, "storage", one.name, "content")))

        found = self._see(surveyed.place(one), ask)
        if found is not None:
            self.found.contents[surveyed.place(one)] = found

    def _ha(self, major: str) -> dict[str, Item]:
        """Return HA resources, with the rules that took the place of groups in PVE 9."""
        rows = self.client.rows
        found = surveyed.items(rows("/cluster/ha/resources"), "sid")
        if major.isdigit() and int(major) >= surveyed.RULES_SINCE:
            return found | surveyed.items(rows("/cluster/ha/rules"), "rule", "rule:")
        return found | surveyed.items(rows("/cluster/ha/groups"), "group", "group:")

    def _pools(self) -> dict[str, Item]:
        listed = surveyed.items(self.client.rows("/pools"), "poolid")
        found = {}
        for name, one in list(listed.items())[:POOLS_MAX]:
            found[name] = surveyed.pool(one, told_of_pool(self.client, name))
        return found

    def _keep(self, kind: str, area: str, ask: Callable[[], dict[str, Item]]) -> None:
        found = self._see(area, ask)
        if found is not None:
            self.found.items[kind] = found

    def _see(self, area: str, ask: Callable[[], T]) -> T | None:
        try:
            found = ask()
        except PveError as error:
            self.found.areas.append(missed(area, error, self.now_ms))
            return None
        self.found.areas.append(Area(area, SEEN, "", self.now_ms, self.now_ms))
        return found

    def _areas(self, areas: Iterable[Area]) -> None:
        self.found.areas.extend(areas)

    def _at_once(self, look: Callable[[Any], None], wanted: Sequence[Any]) -> None:
        if wanted:
            with ThreadPoolExecutor(min(WORKERS, len(wanted)), thread_name_prefix="proxmox-survey") as pool:
                list(pool.map(look, wanted))


def told_of_pool(client: Api, name: str) -> Any:
    """Return what a cluster says of a pool; one below another has no path, and is asked for by its whole name.

    Raises:
        PveError: it cannot be seen; kind `missing`, it is not there.
    """
    return client.get("/pools", poolid=name) if "/" in name else client.get(path("pools", name))


def judged(areas: Iterable[Area], held: Mapping[str, Mapping[str, int]]) -> list[Area]:
    """Return areas with those corrected whose lists were filtered without a word."""
    found = []
    for one in areas:
        verdict = permitted.verdict(one.name, held) if one.seen_ms and one.name in permitted.SILENT else None
        found.append(one if verdict is None else Area(one.name, *verdict, one.since_ms, one.seen_ms))
    return found
