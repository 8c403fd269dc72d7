"""A cluster tried, and a certificate trusted, as people and programs ask for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link import cluster_changes, clusters, opening, privileges, trial, trust
from wakeful_collector.integrations.proxmox.link.client import CONNECT_SECONDS
from wakeful_collector.integrations.proxmox.link.clusters import SECRET, Cluster
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.fields import fingerprint, split_host
from wakeful_collector.integrations.proxmox.link.schemas import CLUSTER, FINGERPRINT, WANTS
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.read import proxmox_clusters
from wakeful_collector.settings_fields import SettingsUnfit, loosened, values_of
from wakeful_collector.settings_kinds import Unfit
from wakeful_collector.store import proxmox_clusters as table

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.trial import Trial
    from wakeful_collector.integrations.proxmox.link.trust import Certificate


class _Seen(NamedTuple):
    """What one host of a cluster shows, and whether it is trusted as things are."""

    host: str
    certificate: Certificate | None
    is_trusted: bool


def _try(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Try a cluster; the network is asked here, before any transaction."""
    wants = given.get("wants", "look")
    named = {name: value for name, value in given.items() if name not in {"cluster", "wants"}}
    rows = proxmox_clusters.clusters(request.settings.data)
    if not named and "cluster" not in given and len(rows) != 1:
        return _nothing_to_try(wants, [row.name for row in rows])
    if named and not request.principal.may("admin"):
        raise OperationError("forbidden", "trying settings that are not kept needs the scope admin", 403)
    kept = cluster_changes.found(rows, given["cluster"]) if "cluster" in given else rows[0] if not named else None
    try:
        cluster = clusters.check(_whole(named, None if kept is None else clusters.made(kept)))
        secret = clusters.check_secret(named.get(SECRET, ""))
        if not secret and kept is not None:
            cluster_changes.refuse_to_send(clusters.made(kept), cluster)
            secret = opening.secret(request.settings.data, kept)
    except SettingsUnfit as error:
        raise cluster_changes.unfit(error) from None
    except PveError as error:
        raise OperationError("no_secret", error.text, 409) from None
    if not secret:
        raise OperationError("invalid_cluster", "secret is missing (give the token's secret, or the password)")
    shown = replace(cluster, name="") if kept is None and "name" not in named else cluster
    return _told(shown, trial.hosts(shown, secret, wants, request.now_ms), wants)


def _whole(named: dict[str, Any], kept: Cluster | None) -> dict[str, Any]:
    """Return the settings to try: those given, over those that are kept."""
    given = {name: value for name, value in named.items() if name != SECRET}
    if kept is None:
        return {"name": "cluster"} | given
    known = values_of(clusters.FIELDS, kept)
    if given.get("fingerprints"):
        known["ca"] = ""
    if given.get("ca"):
        known["fingerprints"] = ()
    return known | given


def _nothing_to_try(wants: str, names: list[str]) -> dict[str, Any]:
    """Return the lines alone: there is no cluster to try yet, or no one of several was named."""
    text = f"name one of: {', '.join(names)}" if names else "no cluster is set up yet"
    hint = "" if names else "make a token by the pveum lines below, then add the cluster"
    check = trial.document(trial.Check("cluster", "", "failed", text, hint))
    lines = privileges.lines(privileges.LOGIN, wants, privileges.NINE)
    return {"ok": False, "wants": wants, "checks": [check], "hosts": [], "pveum": lines}


def _told(cluster: Cluster, trials: list[Trial], wants: str) -> dict[str, Any]:
    versions = [one.version for one in trials if one.version]
    major = (trial.major(versions[0]) if versions else 0) or privileges.NINE
    shown = [one for one in trials if one.shown is not None]
    return {
        "ok": not trial.failed(trials),
        "wants": wants,
        "cluster": next((one.cluster for one in trials if one.cluster), ""),
        "version": versions[0] if versions else "",
        "checks": [trial.document(check) for one in trials for check in one.checks],
        "hosts": [_host(one) for one in shown],
        "fingerprint": next((one.shown.fingerprint for one in shown if one.shown and not one.is_trusted), ""),
        "pveum": privileges.lines(cluster.login, wants, major),
    }


def _host(one: Trial) -> dict[str, Any]:
    shown = one.shown
    assert shown is not None  # noqa: S101 - the caller chose those that showed one
    return {
        "host": one.host,
        "fingerprint": shown.fingerprint,
        "subject": shown.subject,
        "issuer": shown.issuer,
        "names": list(shown.names),
        "until": clock.rfc3339(shown.until_ms) if shown.until_ms else None,
        "trusted": one.is_trusted,
    }


def _tried(context: Context, _given: dict[str, Any]) -> dict[str, Any]:
    return dict(context.prepared)


def _look(request: Request, given: dict[str, Any]) -> list[_Seen]:
    """Return what every host of the cluster shows now."""
    row = cluster_changes.found(proxmox_clusters.clusters(request.settings.data), given["cluster"])
    cluster = clusters.made(row)
    with ThreadPoolExecutor(max_workers=trial.AT_ONCE) as pool:
        return list(pool.map(lambda host: _seen(cluster, host), cluster.hosts))


def _seen(cluster: Cluster, host: str) -> _Seen:
    name, port = split_host(host)
    try:
        found = trust.shown(name, port, CONNECT_SECONDS)
        return _Seen(host, found, not trust.refused(cluster, name, port, CONNECT_SECONDS))
    except (OSError, UnicodeError):  # the latter: a name that is none, as `pve1..lan`
        return _Seen(host, None, False)


def _trust(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """Trust a certificate that a host shows now; those of the other hosts that were trusted stay so."""
    row = cluster_changes.known(context, given["cluster"])
    cluster = clusters.made(row)
    seen: list[_Seen] = context.prepared
    try:
        wanted = fingerprint(given["fingerprint"])
    except Unfit as error:
        raise OperationError("invalid_fingerprint", f"{error} ({error.hint})") from None
    showing = [one.host for one in seen if one.certificate is not None and one.certificate.fingerprint == wanted]
    if not showing:
        raise OperationError("not_shown", _not_shown(seen, cluster), 409)
    others = [one.certificate.fingerprint for one in seen if one.certificate is not None and one.is_trusted]
    away = cluster.fingerprints if any(one.certificate is None for one in seen) else ()
    pins = tuple(dict.fromkeys((wanted, *others, *away)))
    table.keep(
        context.connection,
        clusters.row(replace(cluster, ca="", fingerprints=pins), row.sealed, row.made_ms, context.now_ms),
    )
    return {"cluster": cluster.name, "trusted": wanted, "hosts": showing, "fingerprints": list(pins)}


def _not_shown(seen: list[_Seen], cluster: Cluster) -> str:
    told = "; ".join(
        f"{one.host} shows {one.certificate.fingerprint}" if one.certificate else f"{one.host} cannot be reached"
        for one in seen
    )
    return f"no host of {cluster.name} shows that certificate now: {told}"


def _settings() -> dict[str, Any]:
    properties = {name: loosened(one) for name, one in clusters.schema().items()}
    return properties | {"name": CLUSTER, "cluster": CLUSTER, "wants": WANTS}


OPERATIONS = (
    Operation(
        "proxmox.test",
        "Try whether a Proxmox cluster can be reached, trusted, signed in to, and what is permitted there",
        "operate",
        "none",
        shape((), **_settings()),
        _tried,
        subject="cluster",
        secrets=(SECRET,),
        prepare=_try,
    ),
    Operation(
        "proxmox.trust",
        "Trust the certificate that a host of a Proxmox cluster shows, by its fingerprint",
        "admin",
        "changes",
        shape(("cluster", "fingerprint"), cluster=CLUSTER, fingerprint=FINGERPRINT),
        _trust,
        subject="cluster",
        prepare=_look,
    ),
)
