"""Proxmox VE clusters for tests: fakepve, written by others, in a process of its own, made as strict as the real one.

`with proxmox() as pve:` starts one cluster; `pve.vm(100, "web", status="running")`, `pve.token(...)`, `pve.requests()`.
"""

from .certificates import Authority
from .cluster import FakeCluster, FakeClusters, proxmox

__all__ = ["Authority", "FakeCluster", "FakeClusters", "proxmox"]
