"""From a tick to a push: what is said once, what is said on change, what is said each time."""

from __future__ import annotations

import hashlib
import json
import os

from wakeful_wire import WIRE
from wakeful_wire.limits import EVENTS_MAX, INVENTORY_BYTES_MAX, RESULTS_MAX
from wakeful_wire.prepared import DIGEST_CHARACTERS, Prepared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

    from wakeful_agent.meter import Result

PART_CHARACTERS_MAX = 700_000
"""What may be in one push before it is split: packed it is then well below 1 MB, however badly it packs."""


RESULTS_HELD_MAX = 4 * RESULTS_MAX
_LISTS = ("events", "results")


def new_run() -> str:
    """Return a random id for a start of the agent."""
    return os.urandom(8).hex()


class Composer:
    """Puts pushes together and remembers what the collector was told."""

    def __init__(self, complain: Callable[[str, str], object]) -> None:
        self._complain = complain
        self._hello: Mapping[str, Any] | None = None
        self._outcomes: dict[str, tuple[str, str]] = {}
        self._told_meters = False
        self._inventories: dict[str, str] = {}
        self._bodies: dict[str, tuple[Any, str]] = {}
        self._sizes: dict[str, int] = {}
        self._events: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._results: dict[str, Result] = {}
        self.run = new_run()
        self.sequence = 0

    def begin_run(self) -> None:
        """Begin a new run: everything is said again."""
        self.run = new_run()
        self.sequence = 0
        self._hello = None
        self._told_meters = False
        self._inventories.clear()

    def tell(self, event: dict[str, Any]) -> None:
        """Let an event go with the next push; beyond what the wire takes the oldest is left out."""
        self._events.append(event)
        del self._events[:-EVENTS_MAX]

    def answer(self, results: list[dict[str, Any]]) -> None:
        """Let what became of commands go with the next pushes, as many with each as the wire takes."""
        self._answers += results
        del self._answers[RESULTS_HELD_MAX:]

    def want(self, wants: list[str]) -> None:
        """Say again what the collector misses: `hello`, or `inventory:NAME`."""
        for want in wants:
            kind, _, name = want.partition(":")
            if kind == "hello":
                self._hello = None
                self._told_meters = False
            elif kind == "inventory":
                self._inventories.pop(name, None)

    def note(self, results: Mapping[str, Result]) -> None:
        """Take the outcomes of meters that are not run."""
        self._remember(results)

    @property
    def seconds(self) -> dict[str, float]:
        """Return how long each meter's last run took."""
        return {name: result.seconds for name, result in self._results.items()}

    def compose(
        self,
        hello: Mapping[str, Any],
        schema: str,
        ticks: list[list[Any]],
        results: Mapping[str, Result],
    ) -> dict[str, Any]:
        """Return the next push as it travels, without its series list.

        `hello` is told when it is another object than last time: make a new one when something in it changed.
        """
        push: dict[str, Any] = {"wire": WIRE, "run": self.run, "sequence": self.sequence, "schema": schema}
        self.sequence += 1
        if hello is not self._hello:
            self._hello = hello
            push["hello"] = hello
        push["ticks"] = ticks
        meters = self._meters(results)
        if meters:
            push["meters"] = meters
        inventories = self._changed(results)
        if inventories:
            push["inventories"] = inventories
        if self._events:
            push["events"], self._events = self._events, []
        if self._answers:
            push["results"], self._answers = self._answers[:RESULTS_MAX], self._answers[RESULTS_MAX:]
        return push

    def split(self, push: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the push as one or several: proxies often take no more than 1 MB (nginx by default).

        The first keeps the ticks; bodies of inventories, events and results that make it heavy go into others after it.
        """
        bodies = {name: item for name, item in push.get("inventories", {}).items() if "body" in item}
        pieces: list[tuple[int, str, Any]] = [(self._sizes[name], name, item) for name, item in bodies.items()]
        lists = [(kind, item) for kind in _LISTS for item in push.get(kind, ())]
        if sum(piece[0] for piece in pieces) + sum(len(json.dumps(item)) for _, item in lists) <= PART_CHARACTERS_MAX:
            return [push]
        for kind in _LISTS:
            push.pop(kind, None)
        for name in bodies:
            del push["inventories"][name]
        parts, room = [push], PART_CHARACTERS_MAX // 2
        for size, kind, name, piece in (
            *((size, "inventories", name, item) for size, name, item in pieces),
            *((len(json.dumps(item)), kind, "", item) for kind, item in lists),
        ):
            if size > room and room < PART_CHARACTERS_MAX:
                parts.append(self._part(push))
                room = PART_CHARACTERS_MAX
            if name:
                parts[-1].setdefault(kind, {})[name] = piece
            else:
                parts[-1].setdefault(kind, []).append(piece)
            room -= size
        return parts

    def _part(self, push: Mapping[str, Any]) -> dict[str, Any]:
        self.sequence += 1
        same = {name: push[name] for name in ("wire", "run", "schema")}
        return {**same, "sequence": self.sequence - 1, "ticks": []}

    def _meters(self, results: Mapping[str, Result]) -> dict[str, Any]:
        self._remember(results)
        outcomes = {name: (result.outcome, result.error) for name, result in self._results.items()}
        if self._told_meters and outcomes == self._outcomes:
            return {}
        self._told_meters = True
        self._outcomes = outcomes
        return {name: result.document() for name, result in self._results.items()}

    def _remember(self, results: Mapping[str, Result]) -> None:
        for name, result in results.items():
            self._results[name] = result._replace(series=(), values=(), inventories={})

    def _changed(self, results: Mapping[str, Result]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for result in results.values():
            for name, body in result.inventories.items():
                same = self._bodies.get(name)
                if same is not None and same[0] is body and self._inventories.get(name) == same[1]:
                    found[name] = {"hash": same[1]}
                    continue
                try:
                    digest, size = _known_by(body)
                except (ValueError, TypeError) as error:
                    self._complain(f"inventory {name}", f"the inventory {name} cannot be sent: {error}")
                    continue
                if size > INVENTORY_BYTES_MAX:
                    self._complain(f"inventory {name}", f"the inventory {name} is too large to be sent")
                    continue
                found[name] = {"hash": digest}
                self._bodies[name] = (body, digest)
                if self._inventories.get(name) != digest:
                    self._inventories[name] = digest
                    self._sizes[name] = size
                    found[name]["body"] = body
        return found


def _known_by(body: Any) -> tuple[str, int]:
    """Return the hash of an inventory and the length of its text; raise ValueError or TypeError for what is no JSON."""
    if isinstance(body, Prepared):
        return body.digest, body.size
    text = json.dumps(body, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:DIGEST_CHARACTERS], len(text)
