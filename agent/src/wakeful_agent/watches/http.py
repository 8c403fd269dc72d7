"""A URL that must answer as it should; what brings it back is a named action."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError, Late, Malformed
from wakeful_agent.network.fetch import fetch
from wakeful_agent.network.place import Place, parse_url
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, UNKNOWN, UP, Sight
from wakeful_agent.watches.looked import INTERVAL, TIMEOUT, Looked
from wakeful_agent.watches.tcp import knocked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

BODY_BYTES_MAX = 1024 * 1024


def parse_statuses(text: str) -> list[tuple[int, int]]:
    """Read `200-399` or `200,204,301-302`; raise Malformed."""
    found = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        last = last or first
        if not all(len(one) == 3 and one.isascii() and one.isdigit() for one in (first, last)) or first > last:
            raise Malformed("must be like 200-399 or 200,301-302")
        found.append((int(first), int(last)))
    return found


class HttpWatch(Looked):
    """Asks for the URL; redirects are not followed, they are an answer."""

    kind = "http"
    options = (
        Option("url", "", "what is asked for: http:// or https://", local=True),
        Option("status", "200-399", "statuses that are well, such as 200 or 200-299,401", local=True),
        Option("match", "", "text that the answer must hold", local=True),
        Option("ca_file", "", "authorities to trust instead of the system's", local=True),
        Option("fingerprint", "", "the certificate to trust: sha256: and its hex digest", local=True),
        TIMEOUT,
        INTERVAL,
    )
    required = ("url",)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with URL and statuses."""
        problems = []
        try:
            parse_url(str(options.get("url") or "http://x"))
        except HostError as error:
            problems.append(f"url {error}")
        try:
            parse_statuses(str(options.get("status", "200-399")))
        except HostError as error:
            problems.append(f"status {error}")
        return problems

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return the URL."""
        return parse_url(str(options["url"])).text if options.get("url") else ""

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return whether it answers as it should."""
        url = str(self.chosen["url"])
        try:
            found = fetch(
                url,
                timeout_seconds=self.timeout_seconds,
                most=BODY_BYTES_MAX,
                ca_file=str(self.chosen["ca_file"]) or None,
                fingerprint=str(self.chosen["fingerprint"]) or None,
            )
        except (Late, Malformed) as error:
            return Sight(DOWN, str(error))
        except HostError as error:
            return self._silent(error)
        facts = {"status": found.status}
        if not any(first <= found.status <= last for first, last in parse_statuses(str(self.chosen["status"]))):
            return Sight(DOWN, f"it answers with status {found.status}", facts)
        match = str(self.chosen["match"])
        if match and match.encode() not in found.body:
            return Sight(DOWN, "the expected text is not in its answer", facts)
        return Sight(UP, "", facts)

    def _silent(self, error: HostError) -> Sight:
        """Return what an error means: a certificate that is not trusted is healed by no restart."""
        url = parse_url(str(self.chosen["url"]))
        sight = knocked(Place("tcp", url.host, url.port), self.timeout_seconds)
        if sight.state != UP:
            return sight
        return Sight(DOWN if url.scheme == "http" else UNKNOWN, str(error))
