"""What the sample cluster of Proxmox has: two nodes, twelve guests, three storages, backups, and what befell them."""

from __future__ import annotations

from typing import NamedTuple

GIB = 1 << 30
CLUSTER = "lab"
NODES = {"pve1": (16, 64 * GIB, "10.23.8.1"), "pve2": (8, 32 * GIB, "10.23.8.2")}
"""Cores, memory and address of each node."""

STORAGES = {
    "local-zfs": ("zfspool", "images,rootdir", False, 1_800 * GIB),
    "local": ("dir", "iso,vztmpl,snippets", False, 94 * GIB),
    "nas": ("nfs", "backup,iso", True, 7_200 * GIB),
}
"""Type, contents, whether all nodes share it, and size of each storage."""

NIGHTLY, EXCLUDED = "backup-nightly", "106"


class Sample(NamedTuple):
    """A guest as it is when the story ends; `busy` is the share of its cores it uses.

    `backup_days` is the age of the newest backup, None where there is none.
    """

    vmid: int
    kind: str
    name: str
    node: str
    cores: int
    memory_bytes: int
    disk_gib: int
    status: str = "running"
    tags: str = ""
    busy: float = 0.1
    backup_days: float | None = 0.3
    more: tuple[tuple[str, str], ...] = ()


SAMPLES = (
    Sample(100, "qemu", "gitlab", "pve1", 6, 12 * GIB, 120, tags="dev;prod", busy=0.32),
    Sample(101, "qemu", "nextcloud", "pve1", 4, 8 * GIB, 400, tags="prod", busy=0.14),
    Sample(102, "qemu", "mail", "pve2", 2, 4 * GIB, 80, tags="prod", busy=0.06),
    Sample(103, "qemu", "shop", "pve1", 4, 8 * GIB, 64, tags="prod;www", busy=0.55),
    Sample(104, "qemu", "shop-db", "pve2", 4, 12 * GIB, 200, tags="prod", busy=0.24, more=(("protection", "1"),)),
    Sample(105, "qemu", "build-runner", "pve2", 8, 8 * GIB, 100, "stopped", "dev", backup_days=16.0),
    Sample(106, "qemu", "win-office", "pve1", 4, 8 * GIB, 90, tags="office", busy=0.09, backup_days=None),
    Sample(107, "qemu", "home-assistant", "pve2", 2, 2 * GIB, 32, tags="home", busy=0.11),
    Sample(110, "lxc", "dns-1", "pve1", 1, GIB // 2, 8, tags="infra", busy=0.02),
    Sample(111, "lxc", "proxy", "pve1", 2, GIB, 8, tags="infra;www", busy=0.18),
    Sample(112, "lxc", "old-wiki", "pve2", 1, GIB, 16, "stopped", backup_days=None),
    Sample(900, "qemu", "debian-12-template", "pve1", 2, 2 * GIB, 16, "template", backup_days=None),
)

PAST = (
    (6.2, "103", "qmconfig", "mira@pve", "OK"),
    (16.0, "102", "vzdump", "root@pam", "OK"),
    (27.5, "106", "vzdump", "root@pam", "job errors: unable to freeze the file systems of the guest"),
    (30.0, "104", "qmigrate", "mira@pve", "OK"),
    (52.0, "105", "qmshutdown", "jonas@pve", "OK"),
    (75.0, "100", "qmsnapshot", "mira@pve", "OK"),
    (96.5, "112", "vzstop", "jonas@pve", "OK"),
    (140.0, "900", "qmclone", "mira@pve", "WARNINGS: 1"),
)
"""Tasks of the past: how many hours ago, of which guest, what, by whom, and how it ended."""

CHANGES = (
    (6.2, "qemu/103", "shop", "config.memory", "4096", "8192", "mira@pve"),
    (30.0, "qemu/104", "shop-db", "node", "pve1", "pve2", "mira@pve"),
    (52.0, "qemu/105", "build-runner", "status", "running", "stopped", "jonas@pve"),
    (75.0, "qemu/100", "gitlab", "snapshots.before-17.5", None, "taken", "mira@pve"),
    (96.5, "lxc/112", "old-wiki", "status", "running", "stopped", "jonas@pve"),
    (96.6, "lxc/112", "old-wiki", "config.onboot", "1", None, "jonas@pve"),
    (140.0, "qemu/107", "home-assistant", "", None, "home-assistant", "mira@pve"),
)
"""What changed in the past, as the history tells it."""

WISHES = (
    (
        "lab/shop.yaml",
        """\
# The shop wants more cores before the season; everything else is as it is.
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {cluster: lab, vmid: 103}
spec:
  name: shop
  cores: 6
  memory: 8G
  onboot: true
  tags: [prod, www]
""",
    ),
    (
        "lab/dns.yaml",
        """\
apiVersion: wakeful/v1
kind: Container
metadata: {cluster: lab, vmid: 110}
spec:
  memory: 512M
  onboot: true
  tags: [dns, infra]
""",
    ),
)
"""What somebody declared of the cluster: two things of it are not so."""
