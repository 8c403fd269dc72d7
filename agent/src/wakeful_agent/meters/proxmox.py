"""Proxmox VE as this node sees it: the node itself, its guests and storages, and whether the cluster has a quorum."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.pve import (
    GUESTS_MAX,
    STORAGES_MAX,
    Cluster,
    Guest,
    Node,
    Storage,
    parse_cluster,
    parse_document,
    parse_resources,
)
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.host.text import decode, label
from wakeful_agent.meter import Columns, Meter, Option, Reading
from wakeful_agent.network.fetch import fetch
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

RESOURCES, CLUSTER = "/cluster/resources", "/cluster/status"
_TIMEOUT_SECONDS = 12.0
_BYTES_MAX = 16 * 1024 * 1024
_NODE = (
    "node.up",
    "node.cpu.utilization",
    "node.cpu.count",
    "node.memory.usage",
    "node.memory.limit",
    "node.filesystem.usage",
    "node.filesystem.limit",
    "node.uptime",
)
_GUEST: tuple[tuple[str, str], ...] = (
    ("guest.up", ""),
    ("guest.cpu.utilization", ""),
    ("guest.cpu.limit", ""),
    ("guest.memory.usage", ""),
    ("guest.memory.limit", ""),
    ("guest.disk.usage", ""),
    ("guest.disk.limit", ""),
    ("guest.uptime", ""),
    ("guest.network.io", "receive"),
    ("guest.network.io", "transmit"),
    ("guest.disk.io", "read"),
    ("guest.disk.io", "write"),
)


def _make(key: tuple[str, ...]) -> list[Series]:
    what, *names = key
    if what == "cluster":
        counts = [series("proxmox.cluster.nodes", state=state) for state in ("online", "offline")]
        return [series("proxmox.up"), series("proxmox.cluster.quorate"), *counts]
    if what == "node":
        return [series(f"proxmox.{part}", node=names[0]) for part in _NODE]
    if what == "storage":
        return [series(f"proxmox.storage.{part}", storage=names[0]) for part in ("up", "usage", "limit")]
    labels = dict(zip(("guest", "kind", "name"), names))
    shown = _GUEST if what == "running" else _GUEST[:1]
    return [
        series(f"proxmox.{part}", **labels, **({"direction": direction} if direction else {}))
        for part, direction in shown
    ]


class ProxmoxMeter(Meter):
    """Asks `pvesh` on the node itself, or the API with a token where the machine's own file names a URL.

    Only this node's guests and storages are measured: the agents of the other nodes measure theirs. What the token may
    not see is not in the answer, without a word; so it needs the role PVEAuditor on /.
    """

    name = "proxmox"
    aside = True
    interval_seconds = 60.0
    budget_seconds = 30.0
    series_most = 8_000
    source = "usr/bin/pvesh"
    exposes = "names, tags and use of all guests, nodes and storages; these two questions change nothing"
    options = (
        Option("url", "", "The API, like https://pve1:8006; without it pvesh is asked", local=True),
        Option("token", "", "The API token, USER@REALM!NAME=SECRET", local=True, secret=True),
        Option("token_file", "", "A file with the API token", local=True),
        Option("ca_file", "", "The CA of the API's certificate, as /etc/pve/pve-root-ca.pem", local=True),
        Option("fingerprint", "", "The certificate's fingerprint instead, sha256:...", local=True),
        Option("node", "", "The node to measure, when it is not the one that answers", local=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)

    def probe(self, host: Host) -> Capability:
        """Say whether Proxmox VE may be asked; the API is not asked for that, it is asked when it is read."""
        if self.chosen["url"]:
            try:
                self._token(host)
            except HostError as error:
                return missing(self.name, label(str(error)), "set token_file of [meters.proxmox]")
            return granted(self.name, label(self.chosen["url"]))
        if host.program("pvesh") is None:
            return missing(self.name, "this is no Proxmox VE node")
        try:
            for path in (RESOURCES, CLUSTER):
                host.check_root(_argv(path))
        except HostError as error:
            return missing(self.name, label(str(error)), _fix(host), self.exposes)
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the use of this node and its guests, with `proxmox`, `proxmox_guests` and `proxmox_storages`."""
        try:
            resources = parse_resources(self._ask(host, RESOURCES))
            cluster = parse_cluster(self._ask(host, CLUSTER))
        except HostError as error:
            return Reading([series("proxmox.up")], [0], {}, error)
        own = self.chosen["node"] or cluster.local or (resources.nodes[0].name if len(resources.nodes) == 1 else "")
        nodes = [node for node in resources.nodes if node.name == own]
        guests = [guest for guest in resources.guests if guest.node == own]
        storages = sorted(one for one in resources.storages if one.node == own)[:STORAGES_MAX]
        shown = sorted(guests, key=lambda guest: (guest.status != "running", guest.template, int(guest.id)))[
            :GUESTS_MAX
        ]
        keys: list[tuple[str, ...]] = [("cluster",)]
        values: list[float | None] = [1, _flag(cluster.quorate), cluster.online, cluster.offline]
        for node in nodes:
            keys.append(("node", node.name))
            values += [int(node.online), *node[2:]]
        for one in storages:
            keys.append(("storage", one.name))
            values += [int(one.status == "available"), one.used_bytes, one.limit_bytes]
        for guest in shown:
            if not guest.template:
                keys.append((_how(guest), guest.id, guest.kind, guest.name))
                values += _guest_values(guest)
        return Reading(self._columns.of(keys), values, _inventories(own, cluster, nodes, guests, shown, storages))

    def _token(self, host: Host) -> str:
        token = self.secret(host, "token")
        if not token:
            raise HostError("no token is given: set token_file below [meters.proxmox]")
        return token

    def _ask(self, host: Host, path: str) -> Any:
        if not self.chosen["url"]:
            code, out, err = host.run_as_root(_argv(path), _TIMEOUT_SECONDS, _BYTES_MAX)
            if code:
                raise HostError(f"pvesh ended with {code}: {label(err.strip(), 200)}")
            return parse_document(out)
        if not self.chosen["url"].startswith("https://"):
            raise HostError("url of [meters.proxmox] must begin with https://, because a token is told to it")
        found = fetch(
            f"{self.chosen['url'].rstrip('/')}/api2/json{path}",
            headers={"Authorization": f"PVEAPIToken={self._token(host)}"},
            timeout_seconds=_TIMEOUT_SECONDS,
            most=_BYTES_MAX,
            ca_file=self.chosen["ca_file"] or None,
            fingerprint=self.chosen["fingerprint"] or None,
        )
        if found.status in {401, 403}:
            raise Denied(f"Proxmox VE refuses the token with {found.status}: is its role PVEAuditor on /?")
        if found.status != 200:
            raise HostError(f"Proxmox VE answers {found.status} to {path}")
        return parse_document(decode(found.body))


def _argv(path: str) -> list[str]:
    return ["pvesh", "get", path, "--output-format", "json"]


def _fix(host: Host) -> str:
    program = host.program("pvesh") or "pvesh"
    return sudoers("proxmox", [(program, *_argv(path)[1:]) for path in (RESOURCES, CLUSTER)])


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _how(guest: Guest) -> str:
    return "running" if guest.status == "running" else "stopped"


def _guest_values(guest: Guest) -> list[float | None]:
    """Return the values in the order of the series; a virtual machine's disk use is not known to its host."""
    if guest.status != "running":
        return [None if guest.status == "unknown" else 0]
    used = guest.disk_bytes if guest.kind == "lxc" else None
    return [1, *guest[8:12], used, *guest[13:]]


def _inventories(
    own: str, cluster: Cluster, nodes: list[Node], guests: list[Guest], shown: list[Guest], storages: list[Storage]
) -> dict[str, Any]:
    about = {
        "node": own,
        "cluster": cluster.name,
        "quorate": cluster.quorate,
        "nodes_online": cluster.online,
        "nodes_offline": cluster.offline,
        "state": "online" if any(node.online for node in nodes) else "unknown",
        "guests": len(guests),
        "left_out": len(guests) - len(shown),
    }
    rows = [
        {
            "guest": guest.id,
            "name": guest.name,
            "kind": guest.kind,
            "state": guest.status,
            "template": guest.template,
            "tags": guest.tags,
            "lock": guest.lock,
            "cpus": guest.cpus,
            "memory_limit_bytes": guest.memory_limit_bytes,
            "disk_limit_bytes": guest.disk_limit_bytes,
        }
        for guest in shown
    ]
    places = [
        {"storage": one.name, "kind": one.kind, "shared": one.shared, "state": one.status, "size": one.limit_bytes}
        for one in storages
    ]
    return {"proxmox": about, "proxmox_guests": rows, "proxmox_storages": places}
