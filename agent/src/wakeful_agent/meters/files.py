"""Open file handles."""

from __future__ import annotations

from wakeful_agent.host.parsing import parser
from wakeful_agent.meter import Meter, Reading
from wakeful_wire.schema import series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_SERIES = [series("system.file_handles.used"), series("system.file_handles.limit")]


@parser("proc/sys/fs/file-nr")
def parse_file_nr(text: str) -> list[int]:
    """Return the handles in use and the limit. Source: proc_sys_fs(5); allocated, free, maximum."""
    allocated, free, limit = text.split()
    return [int(allocated) - int(free), int(limit)]


class FilesMeter(Meter):
    """How many file handles the whole machine has open, and may have."""

    name = "files"
    source = "proc/sys/fs/file-nr"

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return handles used and their limit."""
        return Reading(_SERIES, parse_file_nr(host.kept(self.source)))
