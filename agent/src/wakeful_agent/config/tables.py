"""A table of agent.toml that is being read: typed values by key, and what is wrong with each at its line."""

from __future__ import annotations

import math

from wakeful_agent.config.errors import Problem
from wakeful_agent.config.settings import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

    from wakeful_agent.config.metering import Origin

TEXT_CHARACTERS_MAX = 1024


class Table:
    """A table, known by its dotted key in the file and by what people call it; problems are added to the list given."""

    def __init__(self, key: str, called: str, body: Any, origin: Origin, problems: list[Problem]) -> None:
        self.key = key
        self.called = called
        self.body: dict[str, Any] = body if isinstance(body, dict) else {}
        self.wrong = False
        self.above: Table | None = None
        self._origin = origin
        self._problems = problems
        if not isinstance(body, dict):
            self.say("", "must be a table", f"write [{key.partition('.')[0]}] and settings below it")

    def say(self, key: str, text: str, hint: str = "") -> None:
        """Note what is wrong with a key, or with the table as a whole, at the nearest line that is known."""
        table: Table | None = self
        while table is not None:
            table.wrong = True
            table = table.above
        place = f"{self.key}.{key}" if key else self.key
        lines = self._origin.lines
        while place and place not in lines:
            place = place.rpartition(".")[0]
        subject = f"{self.called}: {key}" if key else f"{self.called}:"
        self._problems.append(Problem(self._origin.path, lines.get(place, 0), f"{subject} {text}", hint))

    def only(self, known: Sequence[str]) -> None:
        """Refuse every key that is not known."""
        for key in self.body:
            if key not in known:
                self.say(key, "is not a setting", nearest(key, dict.fromkeys(known, "")))

    def table(self, key: str, called: str = "") -> Table:
        """Return the table below this one; an empty one where there is none."""
        found = Table(f"{self.key}.{key}", called or f"{self.called}.{key}", {}, self._origin, self._problems)
        found.above = self
        body = self.body.get(key, {})
        if isinstance(body, dict):
            found.body = body
        else:
            found.say("", "must be a table", "")
        return found

    def text(self, key: str) -> str:
        """Return a text, empty where there is none."""
        value = self.body.get(key, "")
        if not isinstance(value, str) or len(value) > TEXT_CHARACTERS_MAX or not value.isprintable():
            self.say(key, f"must be text of at most {TEXT_CHARACTERS_MAX} characters")
            return ""
        return value

    def texts(self, key: str, most: int) -> list[str]:
        """Return a list of texts, empty where there is none."""
        value = self.body.get(key, [])
        good = isinstance(value, list) and len(value) <= most
        if not good or not all(isinstance(one, str) and one and one.isprintable() and len(one) <= 256 for one in value):
            self.say(key, f"must be a list of at most {most} short texts")
            return []
        return list(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.body.get(key, default)
        if not isinstance(value, bool):
            self.say(key, "must be true or false")
            return default
        return value

    def choice(self, key: str, default: str, choices: Sequence[str]) -> str:
        """Return one of the choices; without a default it must be given."""
        value = self.body.get(key, default)
        if value not in choices:
            self.say(key, f"must be one of {', '.join(choices)}")
            return default
        return str(value)

    def number(self, key: str, default: float, least: float, most: float, whole: bool = False) -> float:
        """Return a number from `least` to `most`."""
        value = self.body.get(key, default)
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
            self.say(key, f"must be a {'whole ' if whole else ''}number from {least:g} to {most:g}")
            return default
        return value

    def any_number(self, key: str) -> float:
        """Return any number that is one, 0 where there is none."""
        value = self.body.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            self.say(key, "must be a number")
            return 0
        return value
