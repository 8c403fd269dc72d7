"""Named URLs: whether they answer as they should, how long each phase takes, and when their certificates end."""

from __future__ import annotations

from wakeful_agent.host.errors import Late, Malformed
from wakeful_agent.meter import Option
from wakeful_agent.network.place import join, parse_url
from wakeful_agent.network.targets import Target, shown_address
from wakeful_agent.network.visit import PHASES, visit
from wakeful_agent.page_service import CA_FILE, CREDENTIALS, PageMeter
from wakeful_agent.service import TIMEOUT, Answered
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.place import Url
    from wakeful_agent.network.visit import Visit

REDIRECTS_MAX = 10
_WORDS = ("status", "match", "method", "redirects", "pin")
_METHODS = ("GET", "HEAD", "OPTIONS")
_MOVED = {301, 302, 303, 307, 308}
_NAMES_SHOWN = 20


class Wish(NamedTuple):
    """What is expected of a URL: statuses from-to, a text in the body, how it is asked, how many redirects."""

    statuses: Sequence[tuple[int, int]] = ((200, 399),)
    match: str = ""
    method: str = "GET"
    redirects: int = 0
    pin: str | None = None


def parse_wish(words: Mapping[str, str]) -> Wish:
    """Read the words after a URL; raise Malformed."""
    for word in words:
        if word not in _WORDS:
            raise Malformed(f"{word}= is not known; known are {', '.join(f'{one}=' for one in _WORDS)}")
    method = words.get("method", "GET").upper()
    if method not in _METHODS:
        raise Malformed(f"method= must be one of {', '.join(_METHODS)}: what only reads")
    redirects = words.get("redirects", "0")
    if not (redirects.isascii() and redirects.isdigit() and len(redirects) < 4 and int(redirects) <= REDIRECTS_MAX):
        raise Malformed(f"redirects= must be a number up to {REDIRECTS_MAX}")
    pin = words.get("pin") or None
    if pin and not (pin.startswith("sha256:") and len(pin) == 71):
        raise Malformed("pin= must be sha256: and 64 hex digits")
    return Wish(_statuses(words.get("status", "200-399")), words.get("match", ""), method, int(redirects), pin)


def _statuses(text: str) -> list[tuple[int, int]]:
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        last = last or first
        if not all(len(one) == 3 and one.isascii() and one.isdigit() for one in (first, last)):
            raise Malformed("status= must be like 200 or 200-299,301")
        found.append((int(first), int(last)))
    return found


def judge(wish: Wish, found: Visit) -> str:
    """Return what is wrong with an answer; nothing when it is as wished."""
    if found.status is None:
        return f"its certificate is not trusted: {found.distrust}"
    if not any(first <= found.status <= last for first, last in wish.statuses):
        return f"answers with status {found.status}"
    if wish.match and wish.match.encode() not in found.body:
        return "the expected text is not in its answer"
    return ""


def samples_of(
    wish: Wish, found: Visit, secure: bool, seconds: float
) -> list[tuple[str, dict[str, str], float | None]]:
    """Return the samples of a visit, always the same ones for the same target; `seconds` are of all redirects."""
    answered = found.status is not None
    samples: list[tuple[str, dict[str, str], float | None]] = [
        ("http.status_code", {}, found.status),
        ("http.duration", {}, round(seconds, 6) if answered else None),
        *(
            ("http.phase.duration", {"phase": phase}, _rounded(found.phases.get(phase)))
            for phase in PHASES
            if secure or phase != "tls"
        ),
        ("http.size", {}, len(found.body) if answered else None),
    ]
    if wish.match:
        samples.append(("http.matched", {}, float(wish.match.encode() in found.body) if answered else None))
    if secure:
        shown = found.certificate
        samples.append(("tls.certificate.expires", {}, shown.expires_ms / 1000 if shown else None))
        samples.append(("tls.certificate.trusted", {}, float(answered)))
    return samples


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def about_of(url: str, found: Visit) -> dict[str, Any]:
    """Return the facts for the inventory: where it is, and whose certificate was shown."""
    about: dict[str, Any] = {"url": shown_address(url), "status": found.status}
    shown = found.certificate
    if shown:
        about["certificate_subject"] = shown.subject
        about["certificate_issuer"] = shown.issuer
        about["certificate_names"] = ", ".join(shown.names[:_NAMES_SHOWN])
        about["certificate_starts_ms"] = shown.starts_ms
        about["certificate_expires_ms"] = shown.expires_ms
        about["certificate_problem"] = found.distrust
    return about


class HttpMeter(PageMeter):
    """Visits every target; words after a URL say what is expected of it (status, match, method, redirects, pin)."""

    name = "http"
    collector_targets = True
    collector_words = ("status", "match", "method", "redirects", "pin")
    interval_seconds = 60.0
    fix = '[meters.http] targets = ["shop=https://shop.example.org/health status=200"] in agent.toml'
    exposes = "each visit tells the place asked that this machine is there"
    options = (
        Option("targets", [], "URLs: [NAME=]URL and words for what is expected, as status=200 match=ok", local=True),
        TIMEOUT,
        CREDENTIALS,
        CA_FILE,
    )

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Visit one URL and, where it wishes so, where that leads."""
        wish = parse_wish(target.words)
        url = parse_url(target.address)
        found, url, seconds = self._follow(host, url, wish)
        samples = samples_of(wish, found, target.address.lower().startswith("https:"), seconds)
        return Answered(samples, about_of(url.text, found), judge(wish, found))

    def _follow(self, host: Host, url: Url, wish: Wish) -> tuple[Visit, Url, float]:
        left = self.timeout_seconds
        for redirects in range(wish.redirects, -1, -1):
            try:
                found = visit(
                    url,
                    method=wish.method,
                    headers=self.authorization(host, url),
                    timeout_seconds=max(left, 0.001),
                    ca_file=self.chosen[CA_FILE.name] or None,
                    fingerprint=wish.pin,
                )
            except Late:  # the same words each time, however much of the time a redirect has taken
                raise Late(f"{url.authority} does not answer within {self.timeout_seconds:g} s") from None
            left -= sum(found.phases.values())
            if found.status not in _MOVED or not redirects or "location" not in found.headers:
                break
            url = join(url, found.headers["location"])
        return found, url, self.timeout_seconds - left
