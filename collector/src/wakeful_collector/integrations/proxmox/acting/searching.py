"""Looking for the task of a request whose answer was lost: the same login, guest and kind, begun since then.

It is taken for ours only when exactly one fits: nothing is ever sent a second time on a guess.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting.upids import parsed
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path

if TYPE_CHECKING:
    from collections.abc import Collection

    from wakeful_collector.integrations.proxmox.acting.deeds import Request
    from wakeful_collector.integrations.proxmox.acting.looking import Api

SLACK_MS = 30_000
"""How far a node's clock may be behind ours."""
TRIES = 4
PAUSE_SECONDS = 1.0
ROWS_MAX = 50

_PLACES = (
    (r"POST .*/status/(start|stop|shutdown|reboot|suspend|resume)", "{}"),
    (r"POST .*/snapshot/[^/]+/(rollback)", "{}"),
    (r"POST .*/(snapshot|clone)", "{}"),
    (r"POST .*/(migrate)", "{}"),
    (r"POST .*/()vzdump", "vzdump"),
    (r"DELETE .*/snapshot/()[^/]+", "delsnapshot"),
    (r"DELETE .*/()\d+", "destroy"),
    (r"POST .*/(config)", "{}"),
    (r"PUT .*/()resize", "resize"),
    (r"POST /nodes/[^/]+/(?:qemu|lxc)()", "create"),
)
_OTHERS = {
    "start": ("hastart",),
    "stop": ("hastop",),
    "shutdown": ("hastop", "hashutdown"),
    "migrate": ("qmigrate", "hamigrate"),
}
_RESTORED = ("qmrestore", "vzrestore")


def kinds(request: Request) -> frozenset[str]:
    """Return what tasks that come of a request are called."""
    asked = f"{request.method} {request.path}"
    for pattern, word in _PLACES:
        found = re.fullmatch(pattern, asked)
        if found is not None:
            verb = word.format(found[1])
            plain = (verb,) if verb in {"vzdump", "resize"} else (f"qm{verb}", f"vz{verb}")
            return frozenset((*plain, *_OTHERS.get(verb, ()), *(_RESTORED if verb == "create" else ())))
    return frozenset()


def subject(request: Request) -> str:
    """Return the id that such tasks bear: the guest's."""
    found = re.search(r"/(?:qemu|lxc)/(\d+)", request.path)
    return request.form.get("vmid", "") if found is None else found[1]


def search(
    api: Api,
    request: Request,
    login: str,
    sent_ms: int,
    known: Collection[str],
    pause_seconds: float = PAUSE_SECONDS,
) -> str | None:
    """Return the UPID of the one task that can have come of a request, None when there is none, or a doubt."""
    wanted, whose = kinds(request), subject(request)
    if not wanted or not whose:
        return None
    node = request.path.split("/")[2]
    for turn in range(TRIES):
        if turn:
            threading.Event().wait(pause_seconds)
        try:
            rows = api.get(path("nodes", node, "tasks"), source="all", vmid=whose, limit=ROWS_MAX)
        except PveError:
            continue
        names = [row.get("upid") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        tasks = [found for name in names if (found := parsed(name)) is not None and found.text not in known]
        fitting = {
            one.text
            for one in tasks
            if one.kind in wanted
            and one.subject == whose
            and one.started_ms >= sent_ms - SLACK_MS
            and one.user == login
        }
        if fitting:
            return fitting.pop() if len(fitting) == 1 else None
    return None
