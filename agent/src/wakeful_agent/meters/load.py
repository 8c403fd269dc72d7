"""Load averages."""

from __future__ import annotations

from wakeful_agent.host.parsing import number, parser
from wakeful_agent.meter import Meter, Reading
from wakeful_wire.schema import series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_SERIES = [series(f"system.load_average.{span}") for span in ("1m", "5m", "15m")]


@parser("proc/loadavg")
def parse_loadavg(text: str) -> list[float]:
    """Return the averages over 1, 5 and 15 minutes, in threads. Source: proc_loadavg(5)."""
    one, five, fifteen, *_ = text.split()
    return [number(one), number(five), number(fifteen)]


class LoadMeter(Meter):
    """How many threads ran or waited to run, or were blocked, on average."""

    name = "load"
    source = "proc/loadavg"

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return the three averages."""
        return Reading(_SERIES, parse_loadavg(host.kept(self.source)))
