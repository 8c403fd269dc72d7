"""RabbitMQ: messages, queues, connections, and the alarms of its nodes, from the management API."""

from __future__ import annotations

import json
from base64 import b64encode

from wakeful_agent.credentials import LOGIN, login
from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.listeners import listens
from wakeful_agent.host.text import decode, label
from wakeful_agent.network.fetch import fetch
from wakeful_agent.network.targets import Target
from wakeful_agent.service import REFUSAL_MS, TARGETS, TIMEOUT, Answered, ServiceMeter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.fetch import Fetched

    Sample = tuple[str, dict[str, str], "float | None"]

PORT = 15672
QUEUES_MAX = 256
NODES_MAX = 64
_OVERVIEW = "/api/overview?columns=rabbitmq_version,cluster_name,message_stats,queue_totals,object_totals,churn_rates"
_QUEUES = (
    f"/api/queues?page=1&page_size={QUEUES_MAX}&sort=messages&sort_reverse=true&columns=name,vhost,messages_ready,"
    "messages_unacknowledged,consumers,message_stats.publish,message_stats.deliver_get,message_stats.ack"
)
_NODES = "/api/nodes"
_OBJECTS = ("connections", "channels", "exchanges", "queues", "consumers")
_STATES = {"ready": "messages_ready", "unacknowledged": "messages_unacknowledged"}
_TOTALS = (
    ("rabbitmq.messages.published", "publish"),
    ("rabbitmq.messages.delivered", "deliver_get"),
    ("rabbitmq.messages.acknowledged", "ack"),
    ("rabbitmq.messages.redelivered", "redeliver"),
    ("rabbitmq.messages.dropped", "drop_unroutable"),
    ("rabbitmq.messages.returned", "return_unroutable"),
)
_QUEUE = (
    ("rabbitmq.message.published", "publish"),
    ("rabbitmq.message.delivered", "deliver_get"),
    ("rabbitmq.message.acknowledged", "ack"),
)
_NODE = (
    "mem_used",
    "mem_limit",
    "mem_alarm",
    "disk_free",
    "disk_free_limit",
    "disk_free_alarm",
    "fd_used",
    "fd_total",
    "sockets_used",
    "sockets_total",
    "proc_used",
    "proc_total",
    "run_queue",
)


def overview_samples(overview: Mapping[str, Any]) -> list[Sample]:
    """Return the samples of the whole cluster; what is not counted yet has no value."""
    objects, totals = _record(overview.get("object_totals")), _record(overview.get("queue_totals"))
    counts, churn = _record(overview.get("message_stats")), _record(overview.get("churn_rates"))
    found: list[Sample] = [(f"rabbitmq.{name}", {}, _number(objects.get(name))) for name in _OBJECTS]
    found += [("rabbitmq.messages", {"state": state}, _number(totals.get(key))) for state, key in _STATES.items()]
    found += [(metric, {}, _number(counts.get(key))) for metric, key in _TOTALS]
    for event in ("created", "closed"):
        found.append(("rabbitmq.connections.churn", {"event": event}, _number(churn.get(f"connection_{event}"))))
    return found


def node_samples(nodes: list[Mapping[str, Any]]) -> list[Sample]:
    """Return the samples of each node; of one that does not run nothing else is known."""
    found: list[Sample] = []
    for node in nodes[:NODES_MAX]:
        labels = {"node": str(node.get("name"))}
        running = node.get("running") is True
        found.append(("rabbitmq.node.up", labels, float(running)))
        if not running:
            continue
        uptime = _number(node.get("uptime"))
        found.append(("rabbitmq.node.uptime", labels, None if uptime is None else uptime / 1000))
        found += [(f"rabbitmq.node.{key}", labels, _number(node.get(key))) for key in _NODE if key in node]
        partitions = node.get("partitions")
        cut_off = float(len(partitions)) if isinstance(partitions, list) else None
        found.append(("rabbitmq.node.partitions", labels, cut_off))
    return found


def queue_samples(queues: list[Mapping[str, Any]]) -> list[Sample]:
    """Return the samples of each queue, in the order of their names."""
    named = {(str(queue.get("vhost")), str(queue.get("name"))): queue for queue in queues[:QUEUES_MAX]}
    found: list[Sample] = []
    for (vhost, name), queue in sorted(named.items(), key=lambda item: item[0]):
        labels = {"vhost": vhost, "queue": name}
        for state, key in _STATES.items():
            found.append(("rabbitmq.message.current", {"state": state, **labels}, _number(queue.get(key))))
        found.append(("rabbitmq.consumer.count", labels, _number(queue.get("consumers"))))
        counts = _record(queue.get("message_stats"))
        found += [(metric, labels, _number(counts.get(key))) for metric, key in _QUEUE]
    return found


def about(overview: Mapping[str, Any], nodes: list[Mapping[str, Any]], left_out: int) -> dict[str, Any]:
    """Return the facts that seldom change, and the alarms that hold."""
    alarms = [
        label(f"{node.get('name')}: {what}")
        for node in nodes
        for what, key in (("memory", "mem_alarm"), ("disk", "disk_free_alarm"))
        if node.get(key) is True
    ]
    return {
        "version": label(str(overview.get("rabbitmq_version", ""))),
        "cluster": label(str(overview.get("cluster_name", ""))),
        "nodes": len(nodes),
        "alarms": alarms,
        "queues_left_out": left_out,
    }


def parse_answer(body: bytes) -> Any:
    """Return what the API answered; raise Malformed."""
    try:
        return json.loads(decode(body))
    except (ValueError, RecursionError):
        raise Malformed("the management API does not answer in JSON") from None


class RabbitmqMeter(ServiceMeter):
    """Asks RabbitMQ's management API, as a user with the tag monitoring."""

    name = "rabbitmq"
    source = "management API"
    refusal_ms = REFUSAL_MS
    interval_seconds = 60.0
    fix = (
        "rabbitmq-plugins enable rabbitmq_management; rabbitmqctl add_user wakeful; "
        "rabbitmqctl set_user_tags wakeful monitoring; for each vhost: "
        "rabbitmqctl set_permissions -p VHOST wakeful '^$' '^$' '^$'; then its password into "
        '/etc/wakeful/rabbitmq.password (chmod 600, owner wakeful) and user = "wakeful", '
        'password_file = "/etc/wakeful/rabbitmq.password" below [meters.rabbitmq]'
    )
    exposes = "figures and names of queues, connections and nodes; no messages"
    options = (TARGETS, TIMEOUT, *LOGIN)

    def usual(self, host: Host) -> list[Target]:
        """Return the management API's port, if something local listens there."""
        return [Target(f"127.0.0.1:{PORT}", f"http://127.0.0.1:{PORT}")] if listens(host, PORT) else []

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one cluster, through one of its nodes."""
        get = self._door(host, target)
        overview, nodes = _record(get(_OVERVIEW)), _records(get(_NODES))
        page = get(_QUEUES)
        queues = _records(_record(page).get("items", page))
        if "rabbitmq_version" not in overview:
            raise Malformed("the management API tells of no server")
        total = _number(_record(page).get("total_count"))
        left_out = max(0, int(total or 0) - QUEUES_MAX)
        found = [*overview_samples(overview), *node_samples(nodes), *queue_samples(queues)]
        return Answered(found, about(overview, nodes, left_out))

    def _door(self, host: Host, target: Target) -> Callable[[str], Any]:
        """Return what asks the target for a path of its API."""
        user, password = login(self, host, target)
        said = b64encode(f"{user}:{password}".encode()).decode("ascii")
        self.concealment.add(said if user else "")
        headers = {"Accept": "application/json", **({"Authorization": f"Basic {said}"} if user else {})}
        address = target.address if "://" in target.address else f"http://{target.address}"
        authority = target.words.get("ca_file") or str(self.chosen["ca_file"]) or None

        def get(path: str) -> Any:
            found = fetch(
                address.rstrip("/") + path, headers=headers, timeout_seconds=self.timeout_seconds, ca_file=authority
            )
            return parse_answer(_welcome(found))

        return get


def _welcome(found: Fetched) -> bytes:
    """Return the body of an answer that is one; raise Denied, HostError."""
    if found.status in {401, 403}:
        raise Denied(f"the management API wants another login (status {found.status})")
    if found.status != 200:
        raise HostError(f"the management API answers with status {found.status}")
    return found.body


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 1e300 else None


def _record(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _records(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
