"""The shape of a meter whose targets answer with a page: one GET, with credentials for those places that have some."""

from __future__ import annotations

import binascii

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.meter import Option
from wakeful_agent.network.fetch import fetch
from wakeful_agent.network.place import Url, parse_url
from wakeful_agent.network.targets import shown_address
from wakeful_agent.service import TARGETS, TIMEOUT, ServiceMeter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.fetch import Fetched

PAGE_BYTES_MAX = 4 * 1024 * 1024

CREDENTIALS = Option(
    "credentials",
    [],
    "who gets a secret: ORIGIN=FILE, as https://www.example.org=/etc/wakeful/www.secret; the file holds user:password "
    "(sent as Basic) or a token (sent as Bearer), and nobody but its owner may read it",
    local=True,
)
CA_FILE = Option("ca_file", "", "a file with the authorities to trust instead of the system's", local=True)


class PageMeter(ServiceMeter):
    """Asks web pages."""

    options = (TARGETS, TIMEOUT, CREDENTIALS, CA_FILE)

    @property
    def longest_seconds(self) -> float:
        """How long one target takes at most: two pages, and what starting them takes on a busy machine."""
        return 2 * self.timeout_seconds + 1.0

    def authorization(self, host: Host, url: Url) -> dict[str, str]:
        """Return the header with the secret for the place of `url`, concealed in all that is told on."""
        found = authorization(host, self.chosen[CREDENTIALS.name], url)
        for header in found.values():
            kind, _, word = header.partition(" ")
            self.concealment.add(word)
            if kind == "Basic":
                self.concealment.add(binascii.a2b_base64(word).decode().partition(":")[2])
        return found

    def page(self, host: Host, url: str, socket_path: str | None = None, most: int = PAGE_BYTES_MAX) -> Fetched:
        """Return the answer to a GET when its status is 200; raise Denied for 401 and 403, HostError for any other."""
        place = parse_url(url)
        found = fetch(
            url,
            socket_path=socket_path,
            headers={} if socket_path else self.authorization(host, place),
            timeout_seconds=self.timeout_seconds,
            most=most,
            ca_file=self.chosen[CA_FILE.name] or None,
        )
        if found.status in {401, 403}:
            raise Denied(
                f"{shown_address(url)} answers {found.status}: it wants to know who asks, or takes no questions"
            )
        if found.status != 200:
            raise HostError(f"{shown_address(url)} answers with status {found.status}")
        return found


def authorization(host: Host, credentials: Sequence[str], url: Url) -> dict[str, str]:
    """Return the header with the secret for the place of `url`: none for a place that no line of `credentials` names.

    A secret belongs to a scheme, host and port, not to a target's name: who sets targets cannot send it elsewhere.
    Raises Malformed for a line that is none, and what `Host.secret` raises.
    """
    for line in credentials:
        origin, mark, path = line.rpartition("=")
        if not mark or not path.startswith("/"):
            raise Malformed("a line of credentials must be ORIGIN=FILE, as https://www.example.org=/etc/wakeful/secret")
        place = parse_url(origin)
        if (place.scheme, place.host, place.port) == (url.scheme, url.host, url.port):
            return {"Authorization": _header(host.secret(path))}
    return {}


def _header(secret: str) -> str:
    if ":" not in secret:
        return f"Bearer {secret}"
    return "Basic " + binascii.b2a_base64(secret.encode(), newline=False).decode("ascii")
