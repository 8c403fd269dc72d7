"""The collector's tuning over restarts: read, judged, kept or refused."""

from __future__ import annotations

import json

from wakeful_agent.daemon.tuning import Plan, make_plan, spoken_of, switched_off, switched_on
from wakeful_agent.host import durable
from wakeful_wire.errors import WireError
from wakeful_wire.tuning import NO_TUNING, Tuning, parse_tuning, tuning_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.config import Config
    from wakeful_agent.meter import Meter
    from wakeful_agent.shelf import Shelf

ERROR_CHARACTERS_MAX = 1000


class Tuned:
    """Holds the plan in force and what became of the last tuning that was asked for."""

    def __init__(self, path: str, config: Config, meters: Shelf | Mapping[str, Meter]) -> None:
        self._path = path
        self._meters = meters
        self._config = config
        self._tuning: Tuning = NO_TUNING
        self.hash: str | None = None
        self.refused: dict[str, str] | None = None
        self.plan: Plan = make_plan(config, NO_TUNING, meters)[0]

    def document(self) -> dict[str, Any]:
        """Return what hello says of it."""
        return {"hash": self.hash, "refused": self.refused}

    def spoken_of(self) -> set[str]:
        """Return the meters that agent.toml or the collector say something of."""
        return spoken_of(self._config, self._tuning)

    def switched_on(self) -> list[str]:
        """Return the meters that agent.toml says something of, other than that they be off."""
        return switched_on(self._config)

    def switched_off(self) -> list[str]:
        """Return the meters that agent.toml switches off."""
        return switched_off(self._config)

    def renew(self) -> None:
        """Make the plan again: meters were loaded meanwhile."""
        self.plan = make_plan(self._config, self._tuning, self._meters)[0]

    def restore(self) -> list[str]:
        """Take up what was tuned before a restart; return what is wrong with it, if it cannot be."""
        try:
            with open(self._path, encoding="utf-8") as file:
                kept = json.load(file)
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            return [f"{self._path} cannot be read: {error}"]
        return self._judge(kept)

    def ask(self, document: dict[str, Any]) -> list[str] | None:
        """Judge a tuning of the collector; return what is wrong with it, None when it is not news."""
        digest = tuning_hash(document)
        if digest == self.hash or (self.refused is not None and digest == self.refused["hash"]):
            return None
        problems = self._judge(document)
        if not problems:
            self._keep(document)
        return problems

    def take_config(self, config: Config) -> list[str]:
        """Take new local settings; return what of the tuning they no longer permit: then it is out of force."""
        self._config = config
        plan, problems = make_plan(config, self._tuning, self._meters)
        if problems:
            self.refused = {"hash": self.hash or "", "error": "; ".join(problems)[:ERROR_CHARACTERS_MAX]}
            self._tuning, self.hash = NO_TUNING, None
            plan = make_plan(config, NO_TUNING, self._meters)[0]
        else:
            self.refused = None
        self.plan = plan
        return problems

    def _judge(self, document: Any) -> list[str]:
        try:
            digest = tuning_hash(document)
            tuning = parse_tuning(document)
        except WireError as error:
            problems, plan, tuning = [error.message], self.plan, NO_TUNING
        else:
            plan, problems = make_plan(self._config, tuning, self._meters)
        if problems:
            self.refused = {"hash": digest, "error": "; ".join(problems)[:ERROR_CHARACTERS_MAX]}
            return problems
        self.plan, self._tuning, self.hash, self.refused = plan, tuning, digest, None
        return []

    def _keep(self, document: dict[str, Any]) -> None:
        try:
            durable.write(self._path, json.dumps(document).encode("ascii"))
        except OSError:
            return  # in force all the same; after a restart the collector sends it again
