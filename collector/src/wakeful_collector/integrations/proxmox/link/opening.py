"""Clients of the clusters that are set up, one of each in a process, made anew when its settings changed."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.integrations.proxmox.link.client import Client
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.read import proxmox_clusters as rows
from wakeful_collector.store import vault

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_clusters import ClusterRow


class Unknown(LookupError):
    """There is no cluster of that name."""


def client(data: Path, name: str) -> Client:
    """Return the process's client of a cluster: it keeps its connections, its ticket and which host answered.

    Raises:
        Unknown: there is no such cluster.
        PveError: kind `auth`, its secret was sealed by another collector's key, or is missing.
    """
    row = rows.cluster(data, name)
    known = _kept.get((str(data), name))
    if known is not None and known[0] == row:
        return known[1]
    if known is not None:
        with _turn:
            _kept.pop((str(data), name), None)
        known[1].close()  # what it is asked just now comes to its end
    if row is None:
        raise Unknown(name)
    made = Client(clusters.made(row), secret(data, row))
    with _turn:
        _kept[str(data), name] = (row, made)
    return made


def secret(data: Path, row: ClusterRow) -> str:
    """Return a cluster's secret in clear. Raises PveError, kind `auth`, when there is none that can be opened."""
    if not row.sealed:
        raise PveError("auth", f"{row.name} has no secret: give the token's, or the password")
    found = vault.unseal(data, row.sealed)
    if found is None:
        raise PveError("auth", f"the secret of {row.name} was sealed by another collector's key: give it again")
    return found


def _forget() -> None:
    """Begin without clients: connections and locks of the process that was forked are not ours."""
    _kept.clear()


_kept: dict[tuple[str, str], tuple[ClusterRow, Client]] = {}
_turn = threading.Lock()
os.register_at_fork(after_in_child=_forget)
