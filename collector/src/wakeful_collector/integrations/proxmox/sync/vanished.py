"""What a poll no longer lists: gone, or only not shown, as lists leave out silently what a login may not see."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.integrations.proxmox.sync import permitted
from wakeful_collector.integrations.proxmox.sync.details import WORKERS
from wakeful_collector.model.estate import NOT_PERMITTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.integrations.proxmox.sync.permitted import Permissions
    from wakeful_collector.model.estate import Guest

FEW = 24
"""So many guests are each asked for; when more vanish at once, what the login may is compared first."""
ASKED_MAX = 500
"""How many are asked for in one cycle; the others stay as they are until the next."""

GONE, HIDDEN, UNSURE, STILL_THERE = "gone", "hidden", "unsure", "still there"


class Judge:
    """Judges what vanished in one cycle; what the login may is asked for once, and only when it matters."""

    def __init__(self, client: Client, held: Permissions) -> None:
        self._client = client
        self._held = held
        self._now: Permissions | None = None
        self._is_asked = False

    def guests(self, vanished: Iterable[Guest], *, again: bool) -> dict[str, str]:
        """Return what became of guests, by id; one that was hidden before stays so until it is asked `again`."""
        wanted = [one for one in vanished if again or one.config_state != NOT_PERMITTED]
        if not wanted:
            return {}
        if len(wanted) > FEW and self.may_as_before():
            return {one.id: GONE if permitted.sees_guest(self._may, one) else HIDDEN for one in wanted}
        wanted = wanted[:ASKED_MAX]
        with ThreadPoolExecutor(min(WORKERS, len(wanted)), thread_name_prefix="proxmox-vanished") as pool:
            found = dict(zip((one.id for one in wanted), pool.map(self._asked, wanted), strict=True))
        unsure = [one for one in wanted if found[one.id] == UNSURE]
        if unsure and self.may_as_before():
            found |= {one.id: GONE for one in unsure if permitted.sees_guest(self._may, one)}
        return {key: verdict for key, verdict in found.items() if verdict != STILL_THERE}

    def may_as_before(self) -> bool:
        """Tell whether the login may what it could when it was asked last; what is not known is not the same."""
        if not self._is_asked:
            self._is_asked = True
            try:
                self._now = permitted.permissions(self._client.one("/access/permissions"))
            except PveError:
                self._now = None
        return bool(self._held) and self._now == self._held

    def sees_storage(self, name: str) -> bool:
        """Tell whether a storage of that name would be listed: the login may what it could, and may see this one."""
        wanted = permitted.SILENT["storages"].privileges
        return self.may_as_before() and any(permitted.may(self._may, f"/storage/{name}", one) for one in wanted)

    @property
    def _may(self) -> Permissions:
        """Return what the login may now; nothing where that is not known."""
        return self._now or {}

    def _asked(self, one: Guest) -> str:
        try:
            self._client.rows(path("nodes", one.node, one.kind, one.vmid, "pending"))
        except PveError as error:
            return {"missing": GONE, "forbidden": HIDDEN}.get(error.kind, UNSURE)
        return STILL_THERE  # it is about to come, or to go: the next poll says
