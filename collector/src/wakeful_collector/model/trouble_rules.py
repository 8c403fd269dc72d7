"""When a reading is a trouble, and what people read then: the rules of each metric, the weightier first."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A trouble: series of `metric` whose labels have one of the values, with a value from `least` and `below`.

    `one` says it of one thing ({subject}, {days}, {number}, {share}), `many` of {count} things. `epoch` says that the
    value is a time in seconds since the epoch, judged by how far ahead it lies.
    """

    metric: str
    kind: str
    severity: str
    one: str
    many: str = ""
    least: float | None = None
    below: float | None = None
    where: tuple[tuple[str, frozenset[str]], ...] = ()
    subject: tuple[str, ...] = ()
    epoch: bool = False


DAY = 86_400.0
_NAME = ("name",)


def _down(metric: str, one: str, many: str = "", subject: tuple[str, ...] = ("target",)) -> Rule:
    """Return the rule of a gauge that is 1 while something answers."""
    several = f"{{count}} {many or one + ' servers'} are down"
    return Rule(metric, "down", "bad", f"{one} {{subject}} is down", several, below=0.5, subject=subject)


def _state(kind: str, words: str, severity: str, one: str, many: str) -> Rule:
    """Return the rule of a thing of hardware that is in one of the states."""
    where = (("type", frozenset({kind})), ("state", frozenset(words.split())))
    return Rule("hw.status", "hardware", severity, one, many, least=0.5, where=where, subject=_NAME)


def _ups(words: str, severity: str, one: str) -> Rule:
    where = (("state", frozenset(words.split())),)
    return Rule("ups.status", "ups", severity, one, least=0.5, where=where, subject=("ups",))


RULES: tuple[Rule, ...] = (
    _state("physical_disk", "failed", "bad", "Disk {subject} fails its health check", "{count} disks fail"),
    _state("physical_disk", "degraded", "warn", "Disk {subject} is wearing out", "{count} disks are wearing out"),
    Rule("hw.raid.disks", "hardware", "bad", "Array {subject} misses {number} disk", "{count} arrays miss disks",
         least=0.5, below=1.5, where=(("state", frozenset({"missing"})),), subject=("array",)),
    Rule("hw.raid.disks", "hardware", "bad", "Array {subject} misses {number} disks", "{count} arrays miss disks",
         least=1.5, where=(("state", frozenset({"missing"})),), subject=("array",)),
    _state("array", "failed", "bad", "Array {subject} has failed", "{count} arrays have failed"),
    _state("array", "degraded", "bad", "Array {subject} is degraded", "{count} arrays are degraded"),
    _state("array", "recovering", "warn", "Array {subject} is recovering", "{count} arrays are recovering"),
    _state("pool", "faulted unavail suspended removed offline", "bad", "Pool {subject} is not available",
           "{count} pools are not available"),
    _state("pool", "degraded", "bad", "Pool {subject} is degraded", "{count} pools are degraded"),
    _state("cluster", "error", "bad", "Ceph reports an error", ""),
    _state("cluster", "warning", "warn", "Ceph warns", ""),
    _state("gpu", "failed", "bad", "GPU {subject} has failed", "{count} GPUs have failed"),
    Rule("zfs.pool.data_errors", "hardware", "bad", "Pool {subject} has damaged files",
         "{count} pools have damaged files", least=0.5, subject=("pool",)),
    Rule("zfs.pool.utilization", "space", "warn", "Pool {subject} is {share} full", "{count} pools are nearly full",
         least=0.9, subject=("pool",)),
    Rule("ceph.capacity.utilization", "space", "warn", "Ceph is {share} full", least=0.8),
    _ups("low_battery", "bad", "The battery of UPS {subject} is nearly empty"),
    _ups("on_battery", "bad", "UPS {subject} is on battery"),
    _ups("replace_battery", "warn", "UPS {subject} asks for a new battery"),
    _ups("overload overloaded", "warn", "UPS {subject} is overloaded"),
    _down("ups.up", "UPS server", "UPS servers"),
    _down("container.engine.up", "Container engine", "container engines", ("engine",)),
    Rule("container.healthy", "container", "bad", "Container {subject} is unhealthy",
         "{count} containers are unhealthy", below=0.5, subject=("container",)),
    Rule("container.count", "container", "bad", "{number} of the containers keep restarting", least=0.5,
         where=(("state", frozenset({"restarting"})),)),
    Rule("container.count", "container", "warn", "{number} of the containers are dead", least=0.5,
         where=(("state", frozenset({"dead"})),)),
    Rule("systemd.unit.failed", "unit", "bad", "Unit {subject} has failed", "{count} units have failed", least=0.5,
         subject=("unit",)),
    _down("libvirt.up", "libvirt", subject=()),
    _down("proxmox.up", "Proxmox VE", subject=()),
    Rule("proxmox.cluster.quorate", "cluster", "bad", "The Proxmox cluster has no quorum", below=0.5),
    _down("proxmox.node.up", "Proxmox node", "Proxmox nodes", ("node",)),
    _down("proxmox.storage.up", "Storage", "storages", ("storage",)),
    _down("http.up", "Page", "pages"),
    _down("port.up", "Port", "ports"),
    _down("ping.up", "Machine", "machines"),
    Rule("tls.certificate.expires", "certificate", "bad", "The certificate of {subject} has expired",
         "{count} certificates have expired", below=0.0, subject=("target",), epoch=True),
    Rule("tls.certificate.expires", "certificate", "bad", "The certificate of {subject} ends in {days} days",
         "{count} certificates end within 3 days", below=3 * DAY, subject=("target",), epoch=True),
    Rule("tls.certificate.expires", "certificate", "warn", "The certificate of {subject} ends in {days} days",
         "{count} certificates end within 14 days", below=14 * DAY, subject=("target",), epoch=True),
    _down("nginx.up", "nginx"),
    _down("apache.up", "Apache"),
    _down("caddy.up", "Caddy"),
    _down("caddy.upstream.up", "Upstream", "upstreams", ("upstream",)),
    _down("php_fpm.up", "PHP-FPM", "PHP-FPM pools"),
    _down("haproxy.up", "HAProxy"),
    _down("haproxy.status", "HAProxy's", "of HAProxy", ("proxy", "service")),
    _down("postgresql.up", "PostgreSQL"),
    _down("postgresql.replication.receiver.up", "Replication of PostgreSQL", "replications of PostgreSQL"),
    Rule("postgresql.wraparound.age.max", "database", "bad", "PostgreSQL {subject} is near transaction wraparound",
         least=1.6e9, subject=("target",)),
    _down("mysql.up", "MySQL"),
    _down("mysql.replica.io.running", "Replication (fetching) of MySQL", "replications of MySQL"),
    _down("mysql.replica.sql.running", "Replication (applying) of MySQL", "replications of MySQL"),
    _down("mysql.galera.ready", "Galera node", "Galera nodes"),
    _down("redis.up", "Redis"),
    _down("redis.replication.link.up", "Replication of Redis", "replications of Redis"),
    Rule("redis.rdb.last_save.ok", "database", "warn", "Redis {subject} could not save its data", below=0.5,
         subject=("target",)),
    _down("memcached.up", "Memcached"),
    _down("rabbitmq.up", "RabbitMQ"),
    _down("rabbitmq.node.up", "RabbitMQ node", "RabbitMQ nodes", ("node",)),
    Rule("rabbitmq.node.mem_alarm", "queue", "bad", "RabbitMQ {subject} blocks publishers: memory", least=0.5,
         subject=("node",)),
    Rule("rabbitmq.node.disk_free_alarm", "queue", "bad", "RabbitMQ {subject} blocks publishers: disk", least=0.5,
         subject=("node",)),
    _down("mqtt.up", "MQTT broker", "MQTT brokers"),
    _down("fail2ban.up", "fail2ban", subject=()),
    _down("tailscale.up", "Tailscale", subject=()),
    Rule("tailscale.key.expires", "certificate", "warn", "The Tailscale key ends in {days} days", below=14 * DAY),
    _down("snmp.up", "Device", "devices"),
    _down("game.up", "Game server", "game servers"),
)  # fmt: skip
"""Every rule there is; the names are the catalogue's, a test looks them up."""
