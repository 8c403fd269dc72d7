"""What is known of the watches over restarts: one file, whole or not there, written before anything is done."""

from __future__ import annotations

import json
import os

from wakeful_agent.host import durable
from wakeful_agent.standing import State, document, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

KEPT_MS = 86_400_000
"""How long what is no longer watched is remembered: a file that is being written must not give a budget back."""


def path_of(state: str) -> str:
    """Return the path of the file below the state folder."""
    return os.path.join(state, "watches.json")


class Memory:
    """States by the name of the watch, with its kind."""

    def __init__(self, state: str) -> None:
        self._path = path_of(state)
        self._rows: dict[str, dict[str, Any]] = {}

    def restore(self) -> str:
        """Read the file; return what is wrong with it, if it cannot be used."""
        try:
            with open(self._path, encoding="utf-8") as file:
                kept = json.load(file)
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, RecursionError) as error:
            return f"{self._path} cannot be read: {error}"
        if not isinstance(kept, dict):
            return f"{self._path} holds something else"
        self._rows = {name: row for name, row in kept.items() if isinstance(row, dict)}
        return ""

    def state(self, name: str, kind: str) -> State | None:
        """Return the state of a watch; None where it is not known, or was of another kind."""
        row = self._rows.get(name)
        return parse(row.get("state")) if row is not None and row.get("kind") == kind else None

    def kind(self, name: str) -> str:
        """Return the kind that a watch had."""
        return str(self._rows.get(name, {}).get("kind", ""))

    def names(self) -> list[str]:
        """Return the names of all that is known."""
        return list(self._rows)

    def note(self, name: str, kind: str, state: State) -> None:
        """Remember a state that is written down with the next."""
        self._rows[name] = {"kind": kind, "state": document(state)}

    def keep(self, states: Mapping[str, tuple[str, State]], now_ms: int) -> None:
        """Write the states (with their kinds) down; raise OSError when the disk does not take them."""
        rows = {name: {"kind": kind, "state": document(state)} for name, (kind, state) in states.items()}
        for name, row in self._rows.items():
            if name not in rows and abs(now_ms - parse(row.get("state")).seen_ms) < KEPT_MS:
                rows[name] = row
        self._rows = rows
        durable.write(self._path, json.dumps(rows, ensure_ascii=True).encode("ascii"))
