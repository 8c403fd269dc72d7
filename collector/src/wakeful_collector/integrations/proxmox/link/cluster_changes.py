"""Clusters added, changed, removed and listed; what is wrong with one is said at once, its secret never."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.integrations.proxmox.link.clusters import SECRET, Cluster
from wakeful_collector.integrations.proxmox.link.schemas import CLUSTER
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError
from wakeful_collector.read import proxmox, proxmox_clusters
from wakeful_collector.settings_fields import SettingsUnfit, loosened, plain
from wakeful_collector.store import proxmox_changes, proxmox_estate, proxmox_subjects, vault
from wakeful_collector.store import proxmox_clusters as table
from wakeful_collector.store.proxmox_clusters import CLUSTERS_MAX, ClusterRow


def known(context: Context, name: str) -> ClusterRow:
    """Return a cluster's row; raise OperationError naming those there are when there is none of that name."""
    return found(table.all_of(context.connection), name)


def found(rows: list[ClusterRow], name: str) -> ClusterRow:
    """Return the row of that name; raise OperationError naming those there are when there is none."""
    for row in rows:
        if row.name == name:
            return row
    names = ", ".join(row.name for row in rows) or "none yet: proxmox.cluster.add makes one"
    raise OperationError("unknown_cluster", f"there is no cluster {name!r}; there are: {names}", 404)


def unfit(error: SettingsUnfit) -> OperationError:
    """Return what an operation says of settings that do not fit."""
    return OperationError("invalid_cluster", str(error))


def refuse_to_send(kept: Cluster, wanted: Cluster) -> None:
    """Raise OperationError where a kept secret would go further than it was given for: other hosts, other trust.

    Whoever may change settings may not read the secret, and so may not have it sent to a host of their own either.
    """
    further = [host for host in wanted.hosts if host not in kept.hosts]
    what = f"hosts names {', '.join(further)}" if further else ""
    is_same_ca = wanted.ca.split() == kept.ca.split()  # a browser ends lines by CR LF
    shown, before = set(wanted.fingerprints), set(kept.fingerprints)
    if not what and not (is_same_ca and (shown == before or (shown and shown <= before))):
        what = "another certificate is trusted"
    if what:
        hint = "a certificate that a host of it shows is trusted without it by proxmox.trust"
        raise OperationError(
            "secret_needed", f"give the secret again: {what}, which it was not given for ({hint})", 409
        )


def document(cluster: Cluster, has_secret: bool) -> dict[str, Any]:
    """Return a cluster as answers show it: every setting, and whether it has its secret."""
    shown = {name: plain(value) for name, value in asdict(cluster).items()}
    trust = "ca" if cluster.ca else "fingerprints" if cluster.fingerprints else "system"
    return shown | {"auth": cluster.auth, "trust": trust, "has_secret": has_secret}


def _add(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    rows = table.all_of(context.connection)
    if any(row.name == given["name"] for row in rows):
        raise OperationError("name_taken", f"there is a cluster {given['name']!r} already; change that one", 409)
    if len(rows) >= CLUSTERS_MAX:
        raise OperationError("too_many", f"there are {CLUSTERS_MAX} clusters already", 409)
    if not given.get(SECRET, "").strip():
        raise OperationError("invalid_cluster", "secret is missing (give the token's secret, or the password)")
    return _keep(context, given, given)


def _change(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    row = known(context, given["name"])
    whole = asdict(clusters.made(row)) | {name: value for name, value in given.items() if name != SECRET}
    if given.get("fingerprints") and "ca" not in given:
        whole["ca"] = ""  # the one takes the place of the other
    if given.get("ca") and "fingerprints" not in given:
        whole["fingerprints"] = ()
    return _keep(context, given, whole, row)


def _keep(
    context: Context, given: dict[str, Any], whole: dict[str, Any], before: ClusterRow | None = None
) -> dict[str, Any]:
    """Check and write a cluster, which may have been `before`; raise OperationError with everything that is wrong."""
    wanted = {name: value for name, value in whole.items() if name != SECRET}
    try:
        cluster = clusters.check(wanted)
        secret = clusters.check_secret(given.get(SECRET, ""))
    except SettingsUnfit as error:
        raise unfit(error) from None
    if before is not None and not secret:
        refuse_to_send(clusters.made(before), cluster)
    known, made_ms = ("", context.now_ms) if before is None else (before.sealed, before.made_ms)
    sealed = vault.seal(context.settings.data, secret) if secret else known
    table.keep(context.connection, clusters.row(cluster, sealed, made_ms, context.now_ms))
    return {"cluster": document(cluster, bool(sealed))}


def _remove(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    row = known(context, given["name"])
    table.remove(context.connection, row.name)
    proxmox_estate.forget(context.connection, row.name)
    proxmox_changes.forget(context.connection, row.name)
    proxmox_subjects.forget(context.connection, row.name, context.now_ms)
    return {"name": row.name, "removed": True}


def _list(context: Context, _given: dict[str, Any]) -> dict[str, Any]:
    data = context.settings.data
    return {"clusters": [_standing(data, row) for row in proxmox_clusters.clusters(data)]}


def _standing(data: Any, row: ClusterRow) -> dict[str, Any]:
    """Return a cluster with how the last look at it went."""
    stands = proxmox.standing(data, row.name)
    state = "new" if not stands.tried_ms else "failing" if stands.failed else "ok"
    looked = {
        "state": state,
        "error": stands.error if stands.failed else "",
        "version": stands.version,
        "quorate": stands.quorate,
        "looked": clock.rfc3339(stands.polled_ms) if stands.polled_ms else None,
    }
    return document(clusters.made(row), bool(row.sealed)) | looked


def _shape(required: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of a cluster: every setting and the secret as a flat property."""
    properties = {name: loosened(one) for name, one in clusters.schema().items()}
    return shape(required, **properties | {"name": CLUSTER})


OPERATIONS = (
    Operation(
        "proxmox.cluster.list",
        "List the Proxmox clusters, their settings, and how the last look at each went",
        "read",
        "none",
        shape(()),
        _list,
    ),
    Operation(
        "proxmox.cluster.add",
        "Add a Proxmox cluster",
        "admin",
        "changes",
        _shape(("name", "hosts", "login", "secret")),
        _add,
        subject="name",
        secrets=(SECRET,),
    ),
    Operation(
        "proxmox.cluster.change",
        "Change how a Proxmox cluster is reached, trusted and looked at",
        "admin",
        "changes",
        _shape(("name",)),
        _change,
        subject="name",
        secrets=(SECRET,),
    ),
    Operation(
        "proxmox.cluster.remove",
        "Remove a Proxmox cluster, with what was recorded of it; the cluster itself is not touched",
        "admin",
        "destroys",
        shape(("name",), name=CLUSTER),
        _remove,
        subject="name",
    ),
)
