"""Caddy: requests by server and handler, upstreams and the process, from its admin API."""

from __future__ import annotations

import json

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.exposition import parse
from wakeful_agent.host.text import decode, label
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.response import BadResponse, Reader, read_response
from wakeful_agent.network.targets import Target
from wakeful_agent.page_service import PageMeter
from wakeful_agent.service import Answered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Union

    from wakeful_agent.host.exposition import Sample
    from wakeful_agent.host.files import Host

    Row = tuple[str, Mapping[str, str], Union[float, None]]

HANDLERS_MAX = 60
UPSTREAMS_MAX = 200
_SAMPLES_MAX = 50_000
_BYTES_MAX = 8 * 1024 * 1024
_HANDLED = {
    "caddy_http_requests_total": "caddy.requests",
    "caddy_http_requests_in_flight": "caddy.requests.active",
    "caddy_http_request_errors_total": "caddy.requests.failed",
    "caddy_http_request_duration_seconds_sum": "caddy.response.time",
    "caddy_http_response_size_bytes_sum": "caddy.response.size",
}
_BY_STATUS = "caddy_http_request_duration_seconds_count"
_OWN = {
    "caddy_config_last_reload_successful": "caddy.config.reloaded",
    "process_cpu_seconds_total": "caddy.cpu.time",
    "process_resident_memory_bytes": "caddy.memory.usage",
    "process_start_time_seconds": "caddy.start_time",
}


def parse_metrics(text: str) -> list[Row]:
    """Return the samples of /metrics: summed over methods, statuses by class; raise Malformed when it is not caddy's.

    Source: Caddy's documentation, "Monitoring Caddy with Prometheus metrics".
    """
    try:
        samples = parse(text, _SAMPLES_MAX)
    except Malformed as error:
        raise Malformed(f"/metrics is not caddy's: {error}") from None
    if not any(sample.name.startswith("caddy_") or sample.name == "go_info" for sample in samples):
        raise Malformed("/metrics has none of caddy's metrics")
    sums: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for sample in samples:
        key = _key(sample)
        if key is not None:
            sums[key] = sums.get(key, 0.0) + sample.value
    whose = list(dict.fromkeys(labels[:2] for _, labels in sums))  # a handler's, an upstream's, the process's own
    handlers = [labels for labels in whose if len(labels) == 2][:HANDLERS_MAX]
    upstreams = [labels for labels in whose if len(labels) == 1][:UPSTREAMS_MAX]
    taken = {(), *handlers, *upstreams}
    return [(metric, dict(labels), value) for (metric, labels), value in sums.items() if labels[:2] in taken]


def parse_upstreams(text: str) -> list[Row]:
    """Return what /reverse_proxy/upstreams says of each upstream; raise Malformed."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("lists no upstreams") from None
    if document is None:  # no reverse proxy is configured
        return []
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
        raise Malformed("lists upstreams in a form that is not caddy's")
    rows: list[Row] = []
    for item in document[:UPSTREAMS_MAX]:
        names = {"upstream": str(item.get("address", ""))}
        rows.append(("caddy.upstream.requests", names, _whole(item.get("num_requests"))))
        rows.append(("caddy.upstream.fails", names, _whole(item.get("fails"))))
    return rows


def _key(sample: Sample) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Return what a sample counts for: a metric of ours and its labels; None for what is not kept."""
    labels = dict(sample.labels)
    if sample.name in _OWN:
        return _OWN[sample.name], ()
    if sample.name == "caddy_reverse_proxy_upstreams_healthy":
        return "caddy.upstream.up", (("upstream", labels.get("upstream", "")),)
    place = (("server", labels.get("server", "")), ("handler", labels.get("handler", "")))
    if sample.name in _HANDLED:
        return _HANDLED[sample.name], place
    if sample.name == _BY_STATUS:
        return "caddy.responses", (*place, ("status", f"{labels.get('code', '')[:1]}xx"))
    return None


def _whole(value: Any) -> float | None:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None


class CaddyMeter(PageMeter):
    """Asks /metrics and /reverse_proxy/upstreams of every target: an http address or a unix socket of the admin API."""

    name = "caddy"
    collector_targets = True
    source = "etc/caddy/"
    fix = "in the global options of the Caddyfile: servers { metrics } counts requests; the admin API must not be off"
    exposes = "nothing new: whoever reaches the admin API can read and change the configuration"

    def usual(self, host: Host) -> list[Target]:
        """Return the admin API's default address, and its socket where there is one."""
        path = "run/caddy/admin.socket"
        sockets = [Target(f"unix:/{path}", f"unix:{host.path(path)}")] if host.exists(path) else []
        return [*sockets, Target("http://127.0.0.1:2019", "http://127.0.0.1:2019")]

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one; where the metrics answer and the list of upstreams does not, that list alone is missing."""
        rows = parse_metrics(self._text(host, target, "/metrics"))
        try:
            rows += parse_upstreams(self._text(host, target, "/reverse_proxy/upstreams"))
        except HostError as error:
            return Answered(rows, {"upstreams": label(str(error), 200)})
        counted = any(metric == "caddy.requests" for metric, _, _ in rows)
        return Answered(rows, {"requests_counted": "yes" if counted else "no"})

    def _text(self, host: Host, target: Target, path: str) -> str:
        if not target.address.startswith("unix:"):
            return decode(self.page(host, target.address.rstrip("/") + path, most=_BYTES_MAX).body)
        with Dialogue(target.address, self.timeout_seconds) as dialogue:
            # Over a socket caddy takes no Host header but an empty one, which HTTP/1.0 may leave out.
            dialogue.send(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            try:
                found = read_response(Reader(dialogue.some, _BYTES_MAX))
            except BadResponse as error:
                raise Malformed(f"{dialogue.place.text}: {error}") from None
        if found.status != 200:
            raise HostError(f"{target.name} answers {path} with status {found.status}")
        return decode(found.body)
