"""A deed: one thing to do to one guest, the guest as it was found, and the requests that it comes to. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.integrations.proxmox.sync.identity import macs

if TYPE_CHECKING:
    from collections.abc import Mapping

QEMU, LXC = "qemu", "lxc"
_CTIME = re.compile(r"(?:^|,)ctime=\d+")
_UUID = re.compile(r"(?:^|,)uuid=[0-9a-fA-F-]{36}")


class Refusal(Exception):
    """A deed that is not done: `code` for programs, the text for people; nothing was changed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Planned:
    """What a deed comes to for a guest as it is: requests in order; none where it has come true, as a note says."""

    requests: tuple[Request, ...] = ()
    notes: tuple[str, ...] = ()


class Request(NamedTuple):
    """One writing request: what DELETE gives goes into the query, everything else into the body.

    `seconds` bounds the task that comes of it; `secret` names the values that nobody is shown.
    """

    method: str
    path: str
    form: dict[str, str]
    seconds: float
    secret: tuple[str, ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return it as people may see it."""
        form = {name: "(secret)" if name in self.secret else value for name, value in self.form.items()}
        return {"method": self.method, "path": self.path, "form": form}


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be done: a kind of `kinds.KINDS`; `vmid` 0 lets the cluster choose (create, restore).

    `arguments` are what the kind's operation takes, without cluster, vmid and what every operation takes.
    """

    kind: str
    cluster: str
    vmid: int
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """A guest as it was found just now; `status` is running, paused, stopped or what else Proxmox says.

    `config` is with what is pending, `digest` belongs to it; `ha` is what the HA manager was asked for, empty when it
    does not manage the guest. `snapshots` is None where they were not asked for.
    """

    kind: str
    vmid: int
    node: str
    name: str = ""
    status: str = "unknown"
    lock: str = ""
    ha: str = ""
    template: bool = False
    tags: tuple[str, ...] = ()
    mark: str = ""
    digest: str = ""
    config: dict[str, str] = field(default_factory=dict)
    snapshots: tuple[str, ...] | None = None

    @property
    def path(self) -> str:
        """Return where its requests go."""
        return path("nodes", self.node, self.kind, self.vmid)

    @property
    def is_running(self) -> bool:
        """Return whether it runs; a paused one is not running."""
        return self.status == "running"

    @property
    def title(self) -> str:
        """Return what people call it: `VM 101 (web-1)`."""
        kind = "VM" if self.kind == QEMU else "container"
        return f"{kind} {self.vmid} ({self.name})" if self.name else f"{kind} {self.vmid}"


def mark(kind: str, config: Mapping[str, str]) -> str:
    """Return what tells a guest from another one that gets its id later; empty where its configuration holds nothing.

    That is when it was made; for VMs of old, the UUID they show; for containers, their first network card's address.
    """
    if kind == LXC:
        return next(iter(macs(config)), "")
    found = _CTIME.search(config.get("meta", "")) or _UUID.search(config.get("smbios1", ""))
    return "" if found is None else found[0].lstrip(",")
