"""What the machines of the sample fleet are for, and what that makes them like."""

from __future__ import annotations

from typing import NamedTuple

GIB = 1 << 30


class Mount(NamedTuple):
    """A filesystem: where, on what device, its type, its size in GB from and to, how full it is from and to."""

    point: str
    device: str
    kind: str
    size_gb: tuple[int, int]
    full: tuple[float, float]


class Role(NamedTuple):
    """A kind of machine; rates are bytes a second at full activity, `rhythm` a kind of `rhythm.activity`."""

    name: str
    weight: int
    tags: tuple[str, ...]
    cores: tuple[int, ...]
    memory_gib: tuple[int, ...]
    rhythm: str
    cpu: float
    memory: float
    disk_rate: float
    network_rate: float
    disks: tuple[str, ...]
    mounts: tuple[Mount, ...]
    device: str
    processes: tuple[str, ...]
    ports: tuple[tuple[int, str], ...]
    packages: tuple[str, ...]
    virtual: str = "kvm"
    sensors: tuple[str, ...] = ()


_ROOT = Mount("/", "/dev/vda1", "ext4", (20, 80), (0.25, 0.7))
_NVME = Mount("/", "/dev/nvme0n1p2", "ext4", (200, 500), (0.2, 0.6))

ROLES = (
    Role(
        "web", 40, ("web", "production"), (2, 4), (4, 8), "office", 0.45, 0.45, 4e5, 6e6, ("vda",), (_ROOT,), "eth0",
        ("nginx", "php-fpm8.2", "gunicorn"), ((22, "sshd"), (80, "nginx"), (443, "nginx")), ("nginx", "php8.2-fpm"),
    ),
    Role(
        "app", 30, ("app", "production"), (2, 4), (8, 16), "office", 0.5, 0.6, 6e5, 3e6, ("vda",), (_ROOT,), "eth0",
        ("java", "node", "gunicorn"), ((22, "sshd"), (8080, "java")), ("openjdk-17-jre", "nodejs"),
    ),
    Role(
        "db", 18, ("db", "production"), (4,), (32, 64), "office", 0.35, 0.8, 9e6, 2e6, ("nvme0n1",),
        (_NVME, Mount("/var/lib/postgresql", "/dev/nvme1n1", "xfs", (500, 1500), (0.4, 0.75))), "eno1",
        ("postgres", "pgbouncer"), ((22, "sshd"), (5432, "postgres")), ("postgresql-15", "pgbouncer"),
        "none", ("cpu",),
    ),
    Role(
        "cache", 8, ("cache", "production"), (2,), (16, 32), "office", 0.2, 0.7, 1e5, 5e6, ("vda",), (_ROOT,), "eth0",
        ("redis-server",), ((22, "sshd"), (6379, "redis-server")), ("redis-server",),
    ),
    Role(
        "game", 28, ("game", "pterodactyl"), (4,), (32, 64), "evening", 0.65, 0.7, 1.5e6, 4e6, ("nvme0n1",),
        (_NVME, Mount("/var/lib/pterodactyl", "/dev/nvme0n1p3", "ext4", (400, 900), (0.35, 0.7))), "enp3s0",
        ("java", "wings", "dockerd", "valheim_server"), ((22, "sshd"), (25565, "java"), (8443, "wings")),
        ("docker-ce", "openjdk-21-jre"), "none", ("cpu", "nvme"),
    ),
    Role(
        "nas", 10, ("storage", "home"), (4,), (16, 32), "evening", 0.2, 0.75, 3e7, 2e7, ("sda", "sdb"),
        (
            Mount("/", "/dev/sdc2", "ext4", (60, 120), (0.2, 0.5)),
            Mount("/tank", "tank", "zfs", (8_000, 24_000), (0.5, 0.82)),
        ),
        "enp1s0", ("smbd", "nfsd", "zed"), ((22, "sshd"), (445, "smbd"), (2049, "nfsd")),
        ("samba", "zfsutils-linux", "smartmontools"), "none", ("cpu", "drive"),
    ),
    Role(
        "pve", 14, ("hypervisor", "proxmox"), (4,), (128, 256), "office", 0.4, 0.75, 2e7, 1.5e7, ("nvme0n1", "nvme1n1"),
        (
            Mount("/", "/dev/mapper/pve-root", "ext4", (90, 100), (0.15, 0.4)),
            Mount("/rpool", "rpool", "zfs", (3_000, 7_000), (0.4, 0.7)),
        ),
        "vmbr0", ("kvm", "pvedaemon", "pveproxy", "corosync"), ((22, "sshd"), (8006, "pveproxy")),
        ("proxmox-ve", "qemu-server", "zfsutils-linux"), "none", ("cpu", "nvme", "fan"),
    ),
    Role(
        "gpu", 8, ("gpu", "ollama"), (4,), (64, 128), "office", 0.3, 0.5, 5e6, 3e6, ("nvme0n1",),
        (_NVME, Mount("/models", "/dev/nvme1n1p1", "xfs", (900, 2_000), (0.45, 0.8))), "enp5s0",
        ("ollama", "python3", "nvidia-persistenced"), ((22, "sshd"), (11434, "ollama")),
        ("nvidia-driver", "cuda-runtime"), "none", ("cpu", "gpu", "fan"),
    ),
    Role(
        "ci", 14, ("ci",), (4,), (16, 32), "office", 0.8, 0.5, 8e6, 4e6, ("vda",),
        (_ROOT, Mount("/var/lib/docker", "/dev/vdb", "ext4", (100, 300), (0.4, 0.75))), "eth0",
        ("gitlab-runner", "dockerd", "cc1plus", "ld"), ((22, "sshd"), (2375, "dockerd")),
        ("docker-ce", "gitlab-runner"),
    ),
    Role(
        "edge", 10, ("network", "wireguard"), (2,), (4, 8), "evening", 0.15, 0.35, 5e4, 3e7, ("sda",),
        (Mount("/", "/dev/sda2", "ext4", (16, 60), (0.2, 0.5)),), "wan0",
        ("unbound", "systemd-networkd", "fail2ban-server"), ((22, "sshd"), (53, "unbound"), (51820, "")),
        ("unbound", "wireguard-tools", "fail2ban"), "none", ("cpu",),
    ),
    Role(
        "backup", 8, ("backup",), (2,), (8, 16), "night", 0.6, 0.5, 6e7, 5e7, ("sda", "sdb"),
        (
            Mount("/", "/dev/vda1", "ext4", (20, 60), (0.3, 0.6)),
            Mount("/srv/backup", "/dev/md0", "xfs", (8_000, 30_000), (0.55, 0.85)),
        ),
        "eth0", ("borg", "rsync", "proxmox-backup-proxy"), ((22, "sshd"), (8007, "proxmox-backup-proxy")),
        ("borgbackup", "proxmox-backup-server"),
    ),
    Role(
        "pi", 12, ("home", "arm"), (4,), (4, 8), "evening", 0.15, 0.4, 1e5, 3e5, ("mmcblk0",),
        (Mount("/", "/dev/mmcblk0p2", "ext4", (32, 128), (0.2, 0.6)),), "end0",
        ("python3", "mosquitto", "dockerd"), ((22, "sshd"), (1883, "mosquitto"), (8123, "python3")),
        ("mosquitto", "docker-ce"), "none", ("cpu",),
    ),
)  # fmt: skip
"""The roles, heaviest first where weights decide how many of each there are."""

PLACES = ("fra", "ams", "vie", "lab", "home")
"""Where machines stand; a tag and a part of the name."""
