"""The settings of a cluster: one table that feeds checks, operations, forms and docs; its secret stands apart."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from wakeful_collector import settings_fields
from wakeful_collector.integrations.proxmox.link import fields as kinds
from wakeful_collector.read import proxmox_clusters as rows
from wakeful_collector.settings_fields import FLAG, Problem, SettingsUnfit, about, choice, whole
from wakeful_collector.settings_kinds import Unfit
from wakeful_collector.store.proxmox_clusters import ClusterRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GROUPS = ("cluster", "trust", "looking", "protection", "declared state")
SECRET = "secret"  # noqa: S105 - the name of the field


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that can be set of a cluster but its secret. Each field's metadata holds kind, group, label, help."""

    name: str = field(
        metadata=about(kinds.CLUSTER_NAME, "cluster", "Name", "How it is called here; it stands in addresses.", "home")
    )
    hosts: tuple[str, ...] = field(
        metadata=about(
            kinds.HOSTS,
            "cluster",
            "Hosts",
            "Nodes that answer the API, as host or host:port (8006); the next is asked where one cannot be reached.",
            "pve1.example.org, 192.168.1.11:8006",
        )
    )
    login: str = field(
        metadata=about(
            kinds.LOGIN,
            "cluster",
            "Login",
            "An API token as user@realm!tokenid (better), or user@realm, who signs in with a password.",
            "wakeful@pve!wakeful",
        )
    )
    ca: str = field(
        default="",
        metadata=about(
            kinds.AUTHORITY,
            "trust",
            "Certificate authority",
            "PEM text of the authority that signed the nodes' certificates: /etc/pve/pve-root-ca.pem of any node.",
        ),
    )
    fingerprints: tuple[str, ...] = field(
        default=(),
        metadata=about(
            kinds.FINGERPRINTS,
            "trust",
            "Fingerprints",
            "SHA-256 of the certificates to trust instead of an authority; each node has its own.",
        ),
    )
    poll_seconds: int = field(
        default=10,
        metadata=about(whole(5, 3_600), "looking", "Every", "Seconds from one look at the cluster to the next."),
    )
    detail_seconds: int = field(
        default=300,
        metadata=about(
            whole(30, 86_400),
            "looking",
            "Details every",
            "Seconds after which details are read again of what shows no change: storages, backups, permissions.",
        ),
    )
    charts: bool = field(
        default=True,
        metadata=about(FLAG, "looking", "Charts", "Keep cpu, memory, disk and network of nodes and guests."),
    )
    protected: tuple[str, ...] = field(
        default=(),
        metadata=about(
            kinds.PROTECTED,
            "protection",
            "Protected",
            "Ids and tags of guests that Wakeful never stops, changes or destroys, whoever asks.",
            "100, database",
        ),
    )
    reconcile: str = field(
        default="off",
        metadata=about(
            choice("off", "report", "apply"),
            "declared state",
            "Reconcile",
            "Compare with the declared state: never, to report drift, or to apply what is harmless.",
        ),
    )
    reconcile_minutes: int = field(
        default=60,
        metadata=about(
            whole(1, 10_080), "declared state", "Reconcile every", "Minutes from one comparison to the next."
        ),
    )

    @property
    def auth(self) -> str:
        """Return `token` or `password`: what the secret is."""
        return "token" if "!" in self.login else "password"


FIELDS = fields(Cluster)
_NAMES = frozenset(one.name for one in FIELDS)


def check(given: Mapping[str, Any]) -> Cluster:
    """Return the cluster of these settings; what is missing is the default. Raises SettingsUnfit."""
    values, problems = settings_fields.checked(FIELDS, given, "cluster")
    if values.get("ca") and values.get("fingerprints"):
        problems.append(Problem("fingerprints", "and ca exclude each other", "give the authority, or fingerprints"))
    if problems:
        raise SettingsUnfit(problems)
    return Cluster(**values)


def check_secret(raw: Any) -> str:
    """Return a secret as it is sealed. Raises SettingsUnfit, which repeats nothing of it."""
    try:
        return str(kinds.SECRET.check(raw))
    except Unfit as error:
        raise SettingsUnfit([Problem(SECRET, str(error), error.hint)]) from None


def made(row: ClusterRow) -> Cluster:
    """Return the cluster of a row; what a newer version wrote and this one does not know is left out."""
    values = {name: value for name, value in row.settings.items() if name in _NAMES}
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Cluster(**(plain | {"name": row.name}))


def row(cluster: Cluster, sealed: str, made_ms: int, now_ms: int) -> ClusterRow:
    """Return the row of a cluster; `sealed` is its secret, `made_ms` when it was added."""
    values = {one.name: getattr(cluster, one.name) for one in FIELDS if one.name != "name"}
    return ClusterRow(cluster.name, values, sealed, made_ms, now_ms)


def clusters(data: Path) -> list[Cluster]:
    """Return every cluster by name."""
    return [made(one) for one in rows.clusters(data)]


def cluster(data: Path, name: str) -> Cluster | None:
    """Return one cluster."""
    found = rows.cluster(data, name)
    return None if found is None else made(found)


def schema() -> dict[str, Any]:
    """Return the JSON schema of each setting, the secret included, for operations."""
    return settings_fields.schema(FIELDS) | {SECRET: kinds.SECRET.schema}
