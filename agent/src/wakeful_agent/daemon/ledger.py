"""What became of commands, on disk: written before one is begun and after it ended, so that none runs twice."""

from __future__ import annotations

import json

from wakeful_agent.guard import AHEAD_MS_MAX
from wakeful_agent.host import durable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

RUNNING = "running"
WHOLE_MAX = 64
"""How many results are kept whole; of older ones only how they ended, so that the file stays small."""
KEPT_MS = AHEAD_MS_MAX
"""How long an id is kept after the command's own end: a clock that is set back must not bring it to life again."""


class Ledger:
    """Commands by id: when they were taken up, until when they could have run, and their results."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._rows: dict[str, dict[str, Any]] = {}

    def restore(self, now_ms: int) -> str:
        """Read what was written; return what is wrong with it, if it cannot be used."""
        try:
            with open(self._path, encoding="utf-8") as file:
                kept = json.load(file)
            self._rows = {str(command): _row(row) for command, row in kept.items()}
        except FileNotFoundError:
            return ""
        except (OSError, ValueError, AttributeError, TypeError, KeyError) as error:
            return f"{self._path} cannot be read: {error}"
        self._forget(now_ms)
        return ""

    def state(self, command_id: str) -> str | None:
        """Return `running` or how it ended; None for a command that was never taken up."""
        row = self._rows.get(command_id)
        if row is None:
            return None
        return str(row["result"]["state"]) if row["result"] else RUNNING

    def result(self, command_id: str) -> dict[str, Any]:
        """Return the result of a command that ended."""
        result: dict[str, Any] = self._rows[command_id]["result"]
        return result

    def ends_agent(self, command_id: str) -> bool:
        """Tell whether the agent was to end with a command that was begun."""
        return bool(self._rows[command_id]["ends"])

    def running(self) -> list[str]:
        """Return the commands that were begun and did not end."""
        return [command for command, row in self._rows.items() if not row["result"]]

    def untold(self) -> list[dict[str, Any]]:
        """Return the results that were written down before they were told, and nothing says that they were."""
        return [row["result"] for row in self._rows.values() if row["result"] and not row["told"]]

    def times_ms(self) -> list[int]:
        """Return when each was taken up."""
        return [row["at"] for row in self._rows.values()]

    def begin(self, command_id: str, expires_ms: int, now_ms: int) -> str:
        """Write down that a command is taken up; return why that cannot be, and then it must not run."""
        self._forget(now_ms)
        self._rows[command_id] = {"at": now_ms, "expires": expires_ms, "result": None, "told": False, "ends": False}
        problem = self.save()
        if problem:
            del self._rows[command_id]
        return problem

    def expect_end(self, command_id: str) -> None:
        """Write down, before it is begun, that the agent itself ends with a command."""
        self._rows[command_id]["ends"] = True
        self.save()

    def end(self, command_id: str, result: dict[str, Any]) -> None:
        """Write down how a command ended. Where the disk takes nothing, it is told all the same."""
        self._rows[command_id].update(result=result, told=False)
        self.save()

    def told(self, commands: Iterable[str]) -> None:
        """Note that results were handed on; that reaches the disk with the next command."""
        for command in commands:
            if command in self._rows:
                self._rows[command]["told"] = True

    def save(self) -> str:
        """Write everything; return why it cannot be written."""
        try:
            durable.write(self._path, json.dumps(self._rows).encode("ascii"))
        except OSError as error:
            return f"{self._path}: {error.strerror or error}"
        return ""

    def _forget(self, now_ms: int) -> None:
        self._rows = {
            command: row
            for command, row in self._rows.items()
            if not row["result"] or now_ms < max(row["expires"], row["at"]) + KEPT_MS
        }
        for row in list(self._rows.values())[:-WHOLE_MAX]:
            if row["result"] and row["told"]:
                row["result"]["data"] = {}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """Return one row as it is used; raise KeyError, TypeError or ValueError for what is none."""
    result = row["result"]
    if result is not None:
        result = {"command": str(result["command"]), "state": str(result["state"]), "data": dict(result["data"])}
    marks = {"told": bool(row["told"]), "ends": bool(row.get("ends", False))}
    return {"at": int(row["at"]), "expires": int(row["expires"]), "result": result, **marks}
