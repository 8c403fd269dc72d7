"""The table of contents: every meter there is, in the order they run; optional ones are loaded where they serve."""

from __future__ import annotations

from wakeful_agent.meters.agent import AgentMeter
from wakeful_agent.meters.cpu import CpuMeter
from wakeful_agent.meters.disk_io import DiskIoMeter
from wakeful_agent.meters.files import FilesMeter
from wakeful_agent.meters.filesystem import FilesystemMeter
from wakeful_agent.meters.load import LoadMeter
from wakeful_agent.meters.memory import MemoryMeter
from wakeful_agent.meters.network import NetworkMeter
from wakeful_agent.meters.ports import PortsMeter
from wakeful_agent.meters.pressure import PressureMeter
from wakeful_agent.meters.processes import ProcessesMeter
from wakeful_agent.meters.sensors import SensorsMeter
from wakeful_agent.meters.sockets import SocketsMeter
from wakeful_agent.meters.uptime import UptimeMeter
from wakeful_agent.shelf import Entry, Shelf
from wakeful_agent.shelf import load as load_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_agent.meter import AgentFigures, Meter

METERS: tuple[type[Meter], ...] = (
    CpuMeter,
    LoadMeter,
    MemoryMeter,
    PressureMeter,
    UptimeMeter,
    DiskIoMeter,
    NetworkMeter,
    SocketsMeter,
    FilesMeter,
    FilesystemMeter,
    SensorsMeter,
    ProcessesMeter,
    PortsMeter,
    AgentMeter,
)

OPTIONAL: tuple[Entry, ...] = (
    Entry(
        "smart",
        "smart:SmartMeter",
        needs=("program:smartctl & path:sys/block/sd*", "program:smartctl & path:sys/block/nvme*", "configured"),
        fix="apt install smartmontools",
        absent="smartctl is not installed, or no disk is here that it could ask (virtual machines have none)",
        exposes="models, serial numbers and health of the disks",
    ),
    Entry(
        "raid",
        "raid:RaidMeter",
        needs=("path:proc/mdstat",),
        absent="the kernel has no software RAID (md) loaded",
    ),
    Entry(
        "zfs",
        "zfs:ZfsMeter",
        needs=("path:proc/spl/kstat/zfs", "path:dev/zfs"),
        absent="ZFS is not loaded",
    ),
    Entry(
        "ceph",
        "ceph:CephMeter",
        needs=("path:etc/ceph/ceph.conf",),
        absent="no Ceph cluster is set up on this machine",
    ),
    Entry(
        "ups",
        "ups:UpsMeter",
        needs=("port:3493", "configured"),
        fix="apt install nut-server, or [meters.ups] targets in agent.toml for a server elsewhere",
        absent="no server of Network UPS Tools listens here",
        exposes="state and serial number of the UPS",
    ),
    Entry(
        "gpu",
        "gpu:GpuMeter",
        needs=(
            "program:nvidia-smi",
            "path:sys/class/drm/card*/device/hwmon",
            "path:sys/class/drm/card*/device/gpu_busy_percent",
            "path:sys/class/drm/card*/device/tile0",
            "path:sys/class/drm/card*/gt_act_freq_mhz",
        ),
        absent="no graphics card here tells anything",
        exposes="names and memory of the processes that compute on a card",
    ),
    Entry(
        "containers",
        "containers:ContainersMeter",
        (
            "path:run/docker.sock",
            "path:run/podman/podman.sock",
            "path:run/user/*/docker.sock",
            "path:run/user/*/podman/podman.sock",
            "configured",
        ),
        fix="apt install podman && systemctl enable --now podman.socket",
        absent="no container engine's socket is here",
        stays=("program:dockerd", "program:podman"),
    ),
    Entry(
        "systemd",
        "systemd:SystemdMeter",
        ("path:run/systemd/system",),
        absent="this machine was not started by systemd (containers are not)",
    ),
    Entry(
        "logins",
        "logins:LoginsMeter",
        ("path:run/systemd/sessions", "path:run/utmp"),
        absent="neither logind nor utmp is on this machine",
        exposes="how many people are logged in, never who",
    ),
    Entry(
        "logs",
        "logs:LogsMeter",
        ("path:var/log/journal/*", "path:run/log/journal/*", "configured"),
        absent="no journal is kept on this machine",
    ),
    Entry(
        "libvirt",
        "libvirt:LibvirtMeter",
        ("path:run/libvirt/*sock*", "configured"),
        fix="apt install libvirt-daemon-system libvirt-clients",
        absent="libvirt does not run on this machine",
        stays=("program:libvirtd", "program:virtqemud"),
    ),
    Entry(
        "proxmox",
        "proxmox:ProxmoxMeter",
        ("program:pvesh", "configured"),
        absent="this is no Proxmox VE node, and no API is named in [meters.proxmox]",
    ),
    Entry(
        "nginx",
        "nginx:NginxMeter",
        needs=("path:run/nginx.pid", "port:80", "port:443", "configured"),
        fix="[meters.nginx] targets in agent.toml, for one elsewhere",
        absent="no web server runs on this machine",
        exposes="counts of connections and requests",
        stays=("program:nginx",),
    ),
    Entry(
        "apache",
        "apache:ApacheMeter",
        needs=("path:run/apache2/*", "path:run/httpd/*", "port:80", "port:443", "configured"),
        fix="[meters.apache] targets in agent.toml, for one elsewhere",
        absent="no web server runs on this machine",
        exposes="counts and times of requests",
        stays=("program:apache2", "program:httpd"),
    ),
    Entry(
        "caddy",
        "caddy:CaddyMeter",
        needs=("path:run/caddy/*", "port:2019", "configured"),
        fix="[meters.caddy] targets in agent.toml, for one elsewhere",
        absent="no Caddy with its admin API runs on this machine",
        exposes="counts and times of requests, addresses of upstreams",
        stays=("program:caddy",),
    ),
    Entry(
        "php_fpm",
        "php_fpm:PhpFpmMeter",
        needs=("path:run/php/*", "path:run/php-fpm/*", "port:9000", "configured"),
        fix="[meters.php_fpm] targets in agent.toml, for one elsewhere",
        absent="PHP-FPM does not run on this machine",
        exposes="counts of processes and requests of each pool",
        stays=("path:etc/php/*/fpm", "path:etc/php-fpm.d"),
    ),
    Entry(
        "haproxy",
        "haproxy:HaproxyMeter",
        needs=("path:run/haproxy*.*", "path:run/haproxy/*", "path:var/lib/haproxy/stats", "configured"),
        fix="[meters.haproxy] targets in agent.toml, for one elsewhere",
        absent="HAProxy does not run on this machine",
        exposes="names, states and counts of proxies and servers",
        stays=("program:haproxy",),
    ),
    Entry(
        "http",
        "http:HttpMeter",
        needs=("configured",),
        fix='[meters.http] targets = ["shop=https://shop.example.org/health"] in agent.toml',
        absent="no URL is set",
        exposes="each visit tells the place asked that this machine is there",
    ),
    Entry(
        "port_check",
        "port_check:PortCheckMeter",
        needs=("configured",),
        fix='[meters.port_check] targets = ["mail=mail.example.org:25"] in agent.toml',
        absent="no port is set",
        exposes="each check tells the place asked that this machine is there",
    ),
    Entry(
        "ping",
        "ping:PingMeter",
        needs=("configured",),
        fix='[meters.ping] targets = ["gateway=192.0.2.1"] in agent.toml',
        absent="no machine is set",
        exposes="each ping tells the place asked that this machine is there",
    ),
    Entry(
        "public_ip",
        "public_ip:PublicIpMeter",
        needs=("configured",),
        fix='[meters.public_ip] ipv4_url = "https://ip.example.org" in agent.toml',
        absent="no lookup is set, and none is asked by default",
        exposes="the lookup's owner learns this machine's address, and that it runs",
    ),
    Entry(
        "textfile",
        "textfile:TextfileMeter",
        ("path:var/lib/wakeful-agent/textfile", "configured"),
        fix="mkdir -p /var/lib/wakeful-agent/textfile",
        absent="there is no folder of *.prom files",
        exposes="numbers and labels that programs of this machine write into *.prom files there",
    ),
    Entry(
        "exec",
        "exec:ExecMeter",
        ("configured",),
        fix="name scripts in agent.toml: [meters.exec.scripts] NAME = ['/path/of/script', 'argument']",
        absent="agent.toml names no scripts",
        exposes="the numbers and labels that these scripts print",
    ),
    Entry(
        "packages",
        "packages:PackagesMeter",
        needs=(
            "path:var/lib/dpkg/status",
            "path:usr/lib/sysimage/rpm/*",
            "path:var/lib/rpm/*",
            "path:usr/lib/apk/db/installed",
            "path:lib/apk/db/installed",
            "path:var/lib/pacman/local",
        ),
        absent="no package database that is known (dpkg, rpm, apk, pacman) is here",
    ),
    Entry(
        "updates",
        "updates:UpdatesMeter",
        needs=tuple(f"program:{name}" for name in ("apt-get", "zypper", "dnf", "yum", "apk", "pacman")),
        absent="no package manager that is known (apt, dnf, yum, zypper, apk, pacman) is here",
    ),
    Entry(
        "fail2ban",
        "fail2ban:Fail2banMeter",
        needs=("program:fail2ban-client & path:run/fail2ban/*",),
        fix="apt install fail2ban",
        absent="fail2ban does not run on this machine",
        stays=("program:fail2ban-client",),
    ),
    Entry(
        "game",
        "game:GameMeter",
        needs=("configured",),
        fix='[meters.game] targets = ["NAME=a2s://HOST:PORT"] in agent.toml (or minecraft://, bedrock://)',
        absent="no game servers are named in [meters.game]",
        exposes="counts of players, name, map and version of the server: what every client sees",
    ),
    Entry(
        "redis",
        "redis:RedisMeter",
        needs=("path:run/redis*.sock", "path:run/redis/*.sock", "path:run/valkey/*.sock", "port:6379", "configured"),
        fix="[meters.redis] targets in agent.toml, for one elsewhere",
        absent="no Redis or Valkey runs on this machine",
        exposes="figures of the server; no keys and no values",
        stays=("program:redis-server", "program:valkey-server"),
    ),
    Entry(
        "memcached",
        "memcached:MemcachedMeter",
        needs=("path:run/memcached*.sock", "path:run/memcached/*.sock", "port:11211", "configured"),
        fix="[meters.memcached] targets in agent.toml, for one elsewhere",
        absent="memcached does not run on this machine",
        exposes="figures of the server; no keys and no items",
        stays=("program:memcached",),
    ),
    Entry(
        "postgresql",
        "postgresql:PostgresqlMeter",
        needs=("path:run/postgresql/.s.PGSQL.*", "path:tmp/.s.PGSQL.*", "port:5432", "configured"),
        fix="[meters.postgresql] targets in agent.toml, for one elsewhere; apt install postgresql-client",
        absent="no PostgreSQL runs on this machine",
        exposes="figures of all databases; no rows",
        stays=("path:etc/postgresql/*", "path:var/lib/pgsql/*", "program:postgres"),
    ),
    Entry(
        "mysql",
        "mysql:MysqlMeter",
        needs=("path:run/mysqld/*.sock", "path:var/lib/mysql/mysql.sock", "port:3306", "configured"),
        fix="[meters.mysql] targets in agent.toml, for one elsewhere; apt install mariadb-client",
        absent="no MySQL or MariaDB runs on this machine",
        exposes="figures of the server; no rows",
        stays=("program:mysqld", "program:mariadbd"),
    ),
    Entry(
        "rabbitmq",
        "rabbitmq:RabbitmqMeter",
        needs=("port:5672", "port:15672", "configured"),
        fix="rabbitmq-plugins enable rabbitmq_management, or [meters.rabbitmq] targets in agent.toml for one elsewhere",
        absent="no RabbitMQ runs on this machine",
        exposes="figures and names of queues, connections and nodes; no messages",
        stays=("path:var/lib/rabbitmq",),
    ),
    Entry(
        "mqtt",
        "mqtt:MqttMeter",
        needs=("port:1883", "configured"),
        fix="[meters.mqtt] targets in agent.toml, for one elsewhere",
        absent="no MQTT broker runs on this machine",
        exposes="figures of the broker, and when something was said on the topics that agent.toml names",
        stays=("program:mosquitto",),
    ),
    Entry(
        "wireguard",
        "wireguard:WireguardMeter",
        needs=("program:wg & path:sys/module/wireguard", "program:wg & path:run/wireguard/*"),
        fix="apt install wireguard-tools",
        absent="WireGuard does not run here, or its program wg is not installed",
    ),
    Entry(
        "tailscale",
        "tailscale:TailscaleMeter",
        needs=("program:tailscale",),
        absent="Tailscale is not installed",
    ),
    Entry(
        "neighbours",
        "neighbours:NeighboursMeter",
        needs=("configured",),
        fix="[meters.neighbours] enabled = true in agent.toml",
        absent="what other machines are in this one's networks is told only where agent.toml says so",
        exposes="addresses and hardware addresses of the machines in this one's networks",
    ),
    Entry(
        "snmp",
        "snmp:SnmpMeter",
        needs=("configured",),
        fix='[meters.snmp] targets = ["NAME=HOST"] and credentials = ["HOST=FOLDER"] in agent.toml',
        absent="no devices are named in [meters.snmp]",
        exposes="what the devices tell whoever has their community or password",
    ),
)
"""Meters of what only some machines have; see `Entry` for the clues that load one."""


def build(figures: Callable[[], AgentFigures] | None = None) -> list[Meter]:
    """Return one of each meter; `figures` is what the daemon knows of itself."""
    return [AgentMeter(figures) if meter is AgentMeter and figures else meter() for meter in METERS]


def shelf(figures: Callable[[], AgentFigures] | None = None) -> Shelf:
    """Return all meters: those that are always there, and the optional ones to be looked for."""
    return Shelf(build(figures), OPTIONAL)


def classes() -> list[type[Meter]]:
    """Return the class of every meter; this loads all of them."""
    return [*METERS, *(load_class(entry) for entry in OPTIONAL)]
