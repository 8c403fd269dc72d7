"""nginx: connections and requests, from its own status page (stub_status)."""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.network.targets import Target, shown_address
from wakeful_agent.page_service import PageMeter
from wakeful_agent.service import Answered
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_PAGE_BYTES_MAX = 4_096
_STATUS = re.compile(
    r"Active connections:\s*(\d{1,19})\s+server accepts handled requests[^\n]*\n"
    r"\s*(\d{1,19})\s+(\d{1,19})\s+(\d{1,19})[^\n]*\n"
    r"\s*Reading:\s*(\d{1,19})\s+Writing:\s*(\d{1,19})\s+Waiting:\s*(\d{1,19})\s*",
    re.ASCII,
)


class Status(NamedTuple):
    """The numbers of the page, in its order."""

    active: int
    accepted: int
    handled: int
    requests: int
    reading: int
    writing: int
    waiting: int


def parse_status(text: str) -> Status:
    """Read the page; raise Malformed. Source: ngx_http_stub_status_module."""
    found = _STATUS.fullmatch(text.strip())
    if found is None:
        raise Malformed("is not nginx's status page")
    return Status(*map(int, found.groups()))


class NginxMeter(PageMeter):
    """Reads stub_status of every target."""

    name = "nginx"
    collector_targets = True
    source = "etc/nginx/"
    fix = (
        "in a server block that listens on 127.0.0.1: location = /nginx_status { stub_status; allow 127.0.0.1; "
        "deny all; }"
    )
    exposes = "counts of connections and requests, to this machine alone"

    def usual(self, host: Host) -> list[Target]:
        """Return the pages that distributions and guides set up."""
        pages = ("nginx_status", "basic_status", "stub_status")
        return [Target(f"http://127.0.0.1/{page}", f"http://127.0.0.1/{page}") for page in pages]

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Read one page."""
        found = self.page(host, target.address, most=_PAGE_BYTES_MAX)
        try:
            status = parse_status(decode(found.body))
        except Malformed as error:
            raise Malformed(f"{shown_address(target.address)} {error}") from None
        states = [
            ("nginx.connections_current", {"state": state}, getattr(status, state))
            for state in ("active", "reading", "writing", "waiting")
        ]
        samples = [
            ("nginx.requests", {}, status.requests),
            ("nginx.connections_accepted", {}, status.accepted),
            ("nginx.connections_handled", {}, status.handled),
            *states,
        ]
        return Answered(samples, {"version": label(found.headers.get("server", ""), 100)})
