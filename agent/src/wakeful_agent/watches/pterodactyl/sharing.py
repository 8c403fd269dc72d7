"""What all servers of one agent share: the switchboard, a panel (and so a login) for each account, their secrets."""

from __future__ import annotations

import threading

from wakeful_agent.concealment import Concealment
from wakeful_agent.network.panel import Access, Panel
from wakeful_agent.network.switchboard import Switchboard

SECRETS_MAX = 1024
"""How many secrets are concealed in all consoles: of every watch there may be, and some that were before."""
STAGGER_SECONDS = 0.1
"""Between the first connections of many servers."""
_STAGGERED_MAX = 300


class Shared:
    """Hands out the board and panels, and ends them when the last who has one gives it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._board: Switchboard | None = None
        self._panels: dict[Access, tuple[Panel, int]] = {}
        self.concealment = Concealment(SECRETS_MAX)
        """The secrets of all accounts: a server of one may well print that of another."""

    def join(self, access: Access, kept: str = "") -> tuple[Switchboard, Panel, float]:
        """Return the board, the account's panel, and for how many seconds to wait before the first question.

        `kept` is the file of refused passwords.
        """
        with self._lock:
            before = sum(users for _, users in self._panels.values())
            self._board = self._board or Switchboard("wakeful-pterodactyl")
            panel, users = self._panels.get(access) or (Panel(access, kept, self.concealment), 0)
            self._panels[access] = (panel, users + 1)
            return self._board, panel, min(before, _STAGGERED_MAX) * STAGGER_SECONDS

    def leave(self, access: Access) -> None:
        """Give back what `join` returned."""
        with self._lock:
            board = self._board
            panel, users = self._panels.pop(access)
            if users > 1:
                self._panels[access] = (panel, users - 1)
            elif board is not None:
                # Beside: logging out of a panel that hangs must not hold up who ends.
                threading.Thread(target=panel.close, name="wakeful-pterodactyl-out", daemon=True).start()
            if self._panels or board is None:
                return
            self._board = None
        board.end()


SHARED = Shared()
"""The agent's own."""
