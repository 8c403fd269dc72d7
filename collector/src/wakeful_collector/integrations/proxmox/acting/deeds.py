"""A deed: one thing to do to one guest, the guest as it was found, and the requests that it comes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

QEMU, LXC = "qemu", "lxc"


class Refusal(Exception):
    """A deed that is not done: `code` for programs, the text for people; nothing was changed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


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
        return f"/nodes/{self.node}/{self.kind}/{self.vmid}"

    @property
    def is_running(self) -> bool:
        """Return whether it runs; a paused one is not running."""
        return self.status == "running"

    @property
    def title(self) -> str:
        """Return what people call it: `VM 101 (web-1)`."""
        kind = "VM" if self.kind == QEMU else "container"
        return f"{kind} {self.vmid} ({self.name})" if self.name else f"{kind} {self.vmid}"
