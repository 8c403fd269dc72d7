"""How long the machine has been up, and what it is."""

from __future__ import annotations

from wakeful_agent.host.system import boot_time_seconds, parse_uptime, system_facts
from wakeful_agent.meter import Meter, Reading
from wakeful_wire.schema import series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_SERIES = [series("system.uptime"), series("system.boot_time")]
_INVENTORY_MS = 600_000


class UptimeMeter(Meter):
    """Uptime and boot time; the inventory `system` says what machine this is, looked at every ten minutes."""

    name = "uptime"
    source = "proc/uptime"

    def __init__(self) -> None:
        super().__init__()
        self._looked_ms: int | None = None

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return uptime and boot time in seconds."""
        uptime = parse_uptime(host.kept(self.source))
        values = [uptime, boot_time_seconds(host.kept("proc/stat"), uptime, now_ms)]
        if self._looked_ms is not None and 0 <= now_ms - self._looked_ms < _INVENTORY_MS:
            return Reading(_SERIES, values)
        self._looked_ms = now_ms
        return Reading(_SERIES, values, {"system": system_facts(host, now_ms)})
