"""The switch of the local /metrics: while a setting says where, the newest results are shown there."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Mapping

    from wakeful_agent.daemon.shown import Shown
    from wakeful_agent.host.log import Log
    from wakeful_agent.meter import Result
    from wakeful_agent.network.metrics_server import MetricsServer


class Showing:
    """Nothing of the server is loaded while it is off. An address that is taken costs the page, never the agent."""

    def __init__(self, log: Log, now_ms: Callable[[], int]) -> None:
        self._log = log
        self._now_ms = now_ms
        self._shown: Shown | None = None
        self._server: MetricsServer | None = None
        self._address: str | None = None

    @property
    def port(self) -> int:
        """Return the port that is listened on; 0 while none is."""
        return self._server.port if self._server else 0

    def configure(self, address: str | None) -> None:
        """Listen at `address` (`127.0.0.1:9100`, `[::1]:9100`), or no longer; tries again what did not work before."""
        if address == self._address and self._server is not None:
            return
        if self._server is not None:
            self._server.close()
        self._server, self._address = None, address
        if not address:
            self._shown = None
            return
        from wakeful_agent.config.address import is_loopback
        from wakeful_agent.daemon.shown import Shown
        from wakeful_agent.network.metrics_server import MetricsServer

        self._shown = self._shown or Shown(self._now_ms)
        host, _, port = address.rpartition(":")
        try:
            self._server = MetricsServer(host.strip("[]"), int(port), self._shown.text, not is_loopback(address))
        except OSError as error:
            text = f"metrics_listen: nobody can listen at {address}: {error.strerror or error}"
            self._log.trouble("metrics", text, "error")
        else:
            self._log.over("metrics", f"metrics_listen: {address} is listened at")

    def take(self, results: Mapping[str, Result]) -> None:
        """Take what a tick brought."""
        if self._shown is not None:
            self._shown.take(results)
