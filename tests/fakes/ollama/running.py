"""A model at work: the queue, loading and unloading, and an answer token by token."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from . import durations
from .errors import Failed, Refusal
from .exchange import stamp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from .manners import Fault, Manners
    from .models import Model

BUSY = "server busy, please try again.  maximum pending requests exceeded"


class Cut(Exception):
    """The connection is to be broken now: with a reset or without, between two frames or after half a one."""

    def __init__(self, reset: bool, half: bool) -> None:
        super().__init__()
        self.reset, self.half = reset, half


class Piece(NamedTuple):
    """One step of an answer; the last has `done` and the counts."""

    content: str = ""
    thinking: str = ""
    calls: tuple[dict[str, Any], ...] = ()
    done: bool = False
    reason: str = ""
    counts: Mapping[str, int] = MappingProxyType({})


@dataclasses.dataclass
class Job:
    """What is to be said: the words of the request that matter."""

    model: Model
    prompt: str
    keep_alive_seconds: float = durations.DEFAULT_SECONDS
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    tools: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    answered: bool = False
    """Whether the last message is a tool's answer: then no tool is called again."""
    think: bool = False
    form: Any = None

    def tokens(self, manners: Manners) -> list[str]:
        """Return what the model says, token by token."""
        if self.form:
            return _split(json.dumps(_sample(self.form)))
        if manners.reply is not None:
            return manners.reply(self.prompt)
        return _split(f"You said: {self.prompt}")


class Loaded(NamedTuple):
    """A model in memory."""

    model: Model
    expires: float


class Runner:
    """What `/api/ps` is about."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.loaded: dict[str, Loaded] = {}
        self.loads: list[str] = []
        """The names of the models that were loaded, in order."""
        self.faults: list[Fault] = []
        self.active = self.active_most = self.waiting = 0
        self.stir = asyncio.Event()

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of `/api/ps`."""
        now = time.time()
        self.loaded = {name: one for name, one in self.loaded.items() if one.expires > now}
        rows = []
        for one in sorted(self.loaded.values(), key=lambda one: -one.expires):
            row = {**one.model.row(), "expires_at": stamp(one.expires), "size_vram": one.model.size}
            row["context_length"] = one.model.context_length
            rows.append({name: value for name, value in row.items() if name not in {"modified_at", "capabilities"}})
        return rows

    def unload(self, model: Model) -> None:
        """Take a model out of memory."""
        self.loaded.pop(model.name, None)

    async def load(self, model: Model, keep_alive_seconds: float) -> None:
        """Bring a model to memory, or let it stay there."""
        self.rows()
        if model.name not in self.loaded:
            await asyncio.sleep(self.manners.load_seconds)
            self.loads.append(model.name)
        self._stay(model, keep_alive_seconds)

    def _stay(self, model: Model, keep_alive_seconds: float) -> None:
        if keep_alive_seconds > 0:
            self.loaded[model.name] = Loaded(model, time.time() + min(keep_alive_seconds, durations.FOR_EVER_SECONDS))
        else:
            self.unload(model)

    async def run(self, job: Job) -> AsyncIterator[Piece]:
        """Yield an answer; Refusal when the queue is full, Failed and Cut as the faults say."""
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and fault.kind == "busy":
            raise Refusal(503, BUSY)
        await self._turn()
        try:
            began = time.monotonic_ns()
            await self.load(job.model, job.keep_alive_seconds or 1.0)
            number = 0
            async for piece in self._say(job, began, time.monotonic_ns()):
                if fault is not None and number >= fault.after:
                    await fail(fault)
                number += 1
                yield piece
        finally:
            self.active -= 1
            self.stir.set()
            if job.model.name in self.loaded:
                self._stay(job.model, job.keep_alive_seconds)

    async def _turn(self) -> None:
        if self.active >= self.manners.parallel and self.waiting >= self.manners.queue:
            raise Refusal(503, BUSY)
        self.waiting += 1
        try:
            while self.active >= self.manners.parallel:
                self.stir.clear()
                await self.stir.wait()
        finally:
            self.waiting -= 1
        self.active += 1
        self.active_most = max(self.active_most, self.active)

    async def _say(self, job: Job, began: int, loaded: int) -> AsyncIterator[Piece]:
        prompt_count = max(1, len(job.prompt.split()))
        tokens = job.tokens(self.manners)
        most = int(job.options.get("num_predict") or -1)
        said = tokens[:most] if 0 < most < len(tokens) else tokens
        await asyncio.sleep(self.manners.first_token_seconds)
        if job.think:
            yield Piece(thinking="Let me think. ")
        if job.tools and not job.answered:
            yield Piece(calls=(_call(job.tools[0]),))
            said = []
        count = 0
        for token in said:
            if count:
                await asyncio.sleep(self.manners.token_seconds)
            count += 1
            yield Piece(content=token)
        now = time.monotonic_ns()
        counts = {"total_duration": now - began, "load_duration": loaded - began, "prompt_eval_count": prompt_count}
        counts |= {"prompt_eval_duration": 1_000_000, "eval_count": max(1, count), "eval_duration": now - loaded}
        yield Piece(done=True, reason="length" if len(said) < len(tokens) and said else "stop", counts=counts)


async def fail(fault: Fault) -> None:
    """Go wrong as the fault says."""
    if fault.kind == "hang":
        await asyncio.Event().wait()
    if fault.kind == "error":
        raise Failed(fault.text)
    raise Cut(fault.kind == "reset", fault.kind == "half")


def _split(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text) or [text]


def _call(tool: dict[str, Any]) -> dict[str, Any]:
    function = tool.get("function") or {}
    schema = function.get("parameters") or {}
    return {"function": {"name": function.get("name", ""), "arguments": _sample(schema) or {}}}


def _sample(schema: Any) -> Any:
    """Return a small value that a JSON schema allows; an object for the plain word json."""
    if not isinstance(schema, dict):
        return {"answer": "yes"}
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: _sample(one) for name, one in (schema.get("properties") or {}).items()}
    samples: dict[str, Any] = {"string": "word", "integer": 7, "number": 1.5, "boolean": True, "null": None}
    return [_sample(schema.get("items", {"type": "string"}))] if kind == "array" else samples.get(kind, "word")
