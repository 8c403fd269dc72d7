"""What all kinds have in common that are looked at: how often, and how long a look may take."""

from __future__ import annotations

from wakeful_agent.options import Option
from wakeful_agent.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.watch import Repair

INTERVAL = Option("interval_seconds", 10.0, "how often it is looked at", local=True, least=0.5, most=3600.0)
TIMEOUT = Option("timeout_seconds", 5.0, "how long an answer may take", local=True, least=0.1, most=60.0)
_SLACK_SECONDS = 5.0


class Looked(Watch):
    """A watch that is looked at every `interval_seconds`."""

    options: tuple[Option, ...] = (INTERVAL,)

    def __init__(self, name: str, options: Mapping[str, Any], repairs: Repair | None = None) -> None:
        super().__init__(name, options, repairs)
        self.interval_seconds = float(self.chosen["interval_seconds"])
        if "timeout_seconds" in self.chosen:
            self.budget_seconds = 2 * float(self.chosen["timeout_seconds"]) + _SLACK_SECONDS

    @property
    def timeout_seconds(self) -> float:
        """How long an answer may take."""
        return float(self.chosen["timeout_seconds"])
