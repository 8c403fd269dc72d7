"""Where the agent's own files are: a folder for what people decide, one for what the agent keeps."""

from __future__ import annotations

import os

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping


class Folders(NamedTuple):
    """The two folders and the names of the files in them."""

    config: str
    state: str

    @property
    def file(self) -> str:
        """Return the path of agent.toml."""
        return os.path.join(self.config, "agent.toml")

    @property
    def token(self) -> str:
        """Return the path of the token."""
        return os.path.join(self.config, "TOKEN")

    @property
    def key(self) -> str:
        """Return the path of the private key."""
        return os.path.join(self.config, "agent.key")

    @property
    def identity(self) -> str:
        """Return the path of identity.json."""
        return os.path.join(self.config, "identity.json")

    @property
    def spool(self) -> str:
        """Return the folder of waiting pushes."""
        return os.path.join(self.state, "spool")

    @property
    def tuning(self) -> str:
        """Return the path of what the collector tuned last."""
        return os.path.join(self.state, "tuning.json")

    @property
    def status(self) -> str:
        """Return the path of what the running agent last told of itself, for scripts."""
        return os.path.join(self.state, "status")

    @property
    def proven(self) -> str:
        """Return the path of the version that pushed last, for whoever waits for a release to prove itself."""
        return os.path.join(self.state, "proven")

    @property
    def lock(self) -> str:
        """Return the path of the lock that lets one agent run."""
        return os.path.join(self.state, "lock")


def find(environ: Mapping[str, str], user_id: int) -> Folders:
    """Return the folders for this user: CONFIG_DIR and STATE_DIR first, then /etc and /var for root, XDG for others."""
    home = environ.get("HOME") or "/"
    if user_id == 0:
        config, state = "/etc/wakeful", "/var/lib/wakeful-agent"
    else:
        config = os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "wakeful")
        state = os.path.join(environ.get("XDG_STATE_HOME") or os.path.join(home, ".local/state"), "wakeful-agent")
    return Folders(environ.get("CONFIG_DIR") or config, environ.get("STATE_DIR") or state)
