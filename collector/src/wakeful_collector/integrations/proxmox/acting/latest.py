"""A cluster as it is set up now: who follows a task for hours goes on with a new certificate, host or token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.link.errors import PveError

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.client import Client


class Latest:
    """Asks a cluster by its newest settings. Every method raises PveError; a cluster taken away is `missing`."""

    def __init__(self, data: Path, name: str) -> None:
        self._data = data
        self._name = name

    @property
    def client(self) -> Client:
        """Return the client of this moment."""
        try:
            return opening.client(self._data, self._name)
        except opening.Unknown:
            raise PveError("missing", f"the cluster {self._name} is not set up any more") from None

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands there."""
        return self.client.get(path, **query)

    def post(self, path: str, **form: Any) -> Any:
        """Do it."""
        return self.client.post(path, **form)

    def put(self, path: str, **form: Any) -> Any:
        """Change it."""
        return self.client.put(path, **form)

    def delete(self, path: str, **query: Any) -> Any:
        """Delete it."""
        return self.client.delete(path, **query)
