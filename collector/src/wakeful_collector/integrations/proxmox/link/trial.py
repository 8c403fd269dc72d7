"""Trying whether a cluster can be used, host by host: each thing that can fail has its sentence and its way out."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.integrations.proxmox.link import privileges, trust
from wakeful_collector.integrations.proxmox.link.client import CONNECT_SECONDS, Client
from wakeful_collector.integrations.proxmox.link.errors import PveError, printable
from wakeful_collector.integrations.proxmox.link.fields import split_host

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.integrations.proxmox.link.trust import Certificate

AT_ONCE = 32
"""All hosts that a cluster may have: dead ones are waited for together."""
OLDEST, NEWEST = 7, 9
DAY_MS = 86_400_000
SOON_DAYS = 14


class Check(NamedTuple):
    """One thing that was tried: its name, where, how it went in words, and what to do when it went wrong.

    `state` is `ok`, `partly` (part of what is wanted will be shown as not permitted), `warning` or `failed`.
    """

    name: str
    host: str
    state: str
    text: str
    hint: str = ""


@dataclass
class Trial:
    """What came of trying one host: its checks in order, what it showed and said."""

    host: str
    checks: list[Check] = field(default_factory=list)
    shown: Certificate | None = None
    is_trusted: bool = False
    version: str = ""
    cluster: str = ""

    def note(self, name: str, state: str, text: str, hint: str = "") -> None:
        """Write down how one thing went."""
        self.checks.append(Check(name, self.host, state, printable(text), hint))


def hosts(cluster: Cluster, secret: str, wants: str, now_ms: int) -> list[Trial]:
    """Try every host of a cluster, several at once; what is asked changes nothing there."""
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(cluster.hosts))) as pool:
        found = list(pool.map(lambda host: one(cluster, host, secret, wants, now_ms), cluster.hosts))
    names = {trial.cluster for trial in found if trial.cluster}
    if len(names) > 1:
        text = f"the hosts are of different clusters: {', '.join(sorted(names))}"
        found[0].note("cluster", "failed", text, "add each cluster under a name of its own")
    return found


def one(cluster: Cluster, host: str, secret: str, wants: str, now_ms: int) -> Trial:
    """Try one host, up to the first thing without which nothing further can be tried."""
    trial = Trial(host)
    if _reached(trial) and _certified(trial, cluster, now_ms):
        client = Client(replace(cluster, hosts=(host,)), secret)
        try:
            if _signed_in(trial, client, cluster):
                _permitted(trial, client, cluster, wants)
                _cluster(trial, client)
        finally:
            client.close()
    return trial


def _reached(trial: Trial) -> bool:
    name, port = split_host(trial.host)
    try:
        socket.getaddrinfo(name.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        trial.note("name", "failed", f"{name} has no address: {why}", "check the spelling, or give the address itself")
        return False
    try:
        socket.create_connection((name.strip("[]"), port), CONNECT_SECONDS).close()
    except TimeoutError:
        hint = f"is it on, and does a firewall let the collector through to port {port}?"
        trial.note("port", "failed", f"nobody answers at {name} port {port} within {CONNECT_SECONDS:g} s", hint)
        return False
    except OSError as error:
        hint = f"is it a Proxmox VE node, and does `systemctl status pveproxy` there say active? The port is {port}"
        trial.note("port", "failed", f"{name} port {port}: {error.strerror or error}", hint)
        return False
    trial.note("port", "ok", f"{name} answers at port {port}")
    return True


def _certified(trial: Trial, cluster: Cluster, now_ms: int) -> bool:
    name, port = split_host(trial.host)
    try:
        trial.shown = shown = trust.shown(name, port, CONNECT_SECONDS)
        why = trust.refused(cluster, name, port, CONNECT_SECONDS)
    except OSError as error:
        hint = f"the API of Proxmox VE is at port 8006 and speaks TLS; this is port {port}"
        trial.note("certificate", "failed", f"what answers there speaks no TLS: {error.strerror or error}", hint)
        return False
    told = f"{shown.subject or 'no name'}, signed by {shown.issuer or 'nobody named'}, {shown.fingerprint}"
    if why:
        trial.note("certificate", "failed", f"it is not trusted: {why}; it is {told}", _trust_hint(cluster, shown, why))
        return False
    trial.is_trusted = True
    days = (shown.until_ms - now_ms) // DAY_MS
    if shown.until_ms > 0 and days < SOON_DAYS and not cluster.fingerprints:
        hint = "renew it there: `pvenode acme cert renew`, or `pvecm updatecerts --force`"
        trial.note("certificate", "warning", f"it ends in {days} days: {told}", hint)
    else:
        trial.note("certificate", "ok", f"trusted: {told}")
    return True


def _trust_hint(cluster: Cluster, shown: Certificate, why: str) -> str:
    if "mismatch" in why and cluster.ca and shown.names:
        return f"it is made out to {', '.join(shown.names[:8])}: name the host so, or {_pin_hint(cluster, shown)}"
    return _pin_hint(cluster, shown) + ("" if cluster.ca else "; or give /etc/pve/pve-root-ca.pem as ca")


def _pin_hint(cluster: Cluster, shown: Certificate) -> str:
    where = "compare it with `pvenode cert info` on that node"
    named = f"`wakeful proxmox trust {cluster.name} {shown.fingerprint}`" if cluster.name else "give it as fingerprint"
    return f"{where}; when it is the same: {named}"


def _signed_in(trial: Trial, client: Client, cluster: Cluster) -> bool:
    try:
        told = client.one("/version")
    except PveError as error:
        trial.note("login", "failed", f"{cluster.login}: {error}", _login_hint(error, cluster))
        return False
    trial.version = printable(str(told.get("version", "")))[:32]
    if not OLDEST <= major(trial.version) <= NEWEST:
        hint = f"Wakeful knows {OLDEST} to {NEWEST}; what is new may be missing, nothing is guessed"
        trial.note("login", "warning", f"{cluster.login} signed in to version {trial.version or 'unknown'}", hint)
    else:
        trial.note("login", "ok", f"{cluster.login} signed in to Proxmox VE {trial.version}")
    return True


def _login_hint(error: PveError, cluster: Cluster) -> str:
    if error.kind == "garbled":
        return "what answers there is not the API of Proxmox VE: is a proxy before it, or another program?"
    if error.kind != "auth":
        return "look at `journalctl -u pveproxy` on that node"
    if "second factor" in error.text:
        return "make an API token: the pveum lines below"
    user, _, token = cluster.login.partition("!")
    if token:
        return (
            f"the token is unknown, expired, or its secret is another: `pveum user token list {user}` shows"
            " which there are; a secret is shown only once, so make the token anew when it is lost"
        )
    return "check password and realm: root@pam is an account of the machine, root@pve one of Proxmox VE alone"


def _permitted(trial: Trial, client: Client, cluster: Cluster, wants: str) -> None:
    try:
        told = client.one("/access/permissions")
    except PveError as error:
        trial.note("privileges", "failed", f"they cannot be read: {error}")
        return
    found = {path: held for path, held in told.items() if isinstance(held, dict)}
    if not any(found.values()):
        user, _, token = cluster.login.partition("!")
        hint = "give the token rights of its own (privilege separation), and its user too: the pveum lines below"
        text = f"the token {token} of {user} has no rights at all" if token else f"{user} has no rights at all"
        trial.note("privileges", "failed", f"{text}: everything would look empty", hint)
        return
    for feature in privileges.wanted(wants):
        verdict = privileges.judge(found, feature, major(trial.version))
        missing = ", ".join(verdict.missing)
        if verdict.permitted == "yes":
            trial.note(feature.name, "ok", "permitted")
        elif verdict.permitted == "partly":
            hint = "the rest is shown as not permitted"
            if privileges.TOO_MUCH in missing:
                hint = (
                    f"before 9 that takes {privileges.TOO_MUCH}, which permits more than looking; Wakeful does without"
                )
            trial.note(feature.name, "partly", f"in part: {missing}", hint)
        else:
            trial.note(feature.name, "failed", f"not permitted: {missing} is missing", "the pveum lines below give it")


def _cluster(trial: Trial, client: Client) -> None:
    try:
        told = client.rows("/cluster/status")
    except PveError as error:
        if error.kind != "forbidden":  # which is said above already
            trial.note("cluster", "failed", f"its state cannot be read: {error}")
        return
    head = next((row for row in told if row.get("type") == "cluster"), None)
    nodes = [row for row in told if row.get("type") == "node"]
    away = sorted(printable(str(row.get("name"))) for row in nodes if str(row.get("online")) != "1")
    trial.cluster = printable(str(head.get("name", ""))) if head else ""
    if head is not None and str(head.get("quorate")) != "1":
        hint = "`pvecm status` on a node says which nodes are missing; nothing can be changed until then"
        trial.note("cluster", "warning", f"{trial.cluster} has no quorum", hint)
    elif away:
        trial.note("cluster", "warning", f"{len(away)} of {len(nodes)} nodes are offline: {', '.join(away)}")
    else:
        named = f"cluster {trial.cluster}" if head is not None else "a single node"
        trial.note("cluster", "ok", f"{named}: {len(nodes)} {'node' if len(nodes) == 1 else 'nodes'} online")


def major(version: str) -> int:
    """Return the first number of a version; 0 where there is none."""
    first = version.partition(".")[0]
    return int(first) if first.isascii() and first.isdigit() and len(first) < 4 else 0


def failed(trials: list[Trial]) -> bool:
    """Tell whether anything that is wanted does not work."""
    return any(check.state == "failed" for trial in trials for check in trial.checks)


def document(check: Check) -> dict[str, Any]:
    """Return a check as answers show it."""
    return {**check._asdict(), "ok": check.state != "failed"}
