"""The models as things: lists, show, copy, delete, create, pull, push, and the blobs they are made of."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

from .delivering import report
from .errors import Failed, Refusal
from .fields import read
from .models import Model, checked_digest, full, valid
from .running import fail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .delivering import Frame
    from .exchange import Exchange
    from .manners import Manners
    from .models import Shelf
    from .running import Runner

VERSION = "0.32.1"


class Library:
    """The endpoints that run no model; none of them loads one or extends its life."""

    def __init__(self, shelf: Shelf, runner: Runner, manners: Manners) -> None:
        self.shelf, self.runner, self.manners = shelf, runner, manners

    async def version(self, exchange: Exchange) -> None:
        """`GET /api/version`."""
        await exchange.document(200, {"version": VERSION})

    async def status(self, exchange: Exchange) -> None:
        """`GET /api/status`."""
        await exchange.document(200, {"cloud": {"disabled": False, "source": "none"}})

    async def tags(self, exchange: Exchange) -> None:
        """`GET /api/tags`."""
        await exchange.document(200, {"models": self.shelf.rows()})

    async def ps(self, exchange: Exchange) -> None:
        """`GET /api/ps`."""
        await exchange.document(200, {"models": self.runner.rows()})

    async def v1_models(self, exchange: Exchange) -> None:
        """`GET /v1/models`."""
        rows = [_openai(model) for model in self.shelf.models.values()]
        await exchange.document(200, {"object": "list", "data": rows}, "application/json")

    async def v1_model(self, exchange: Exchange) -> None:
        """`GET /v1/models/{model}`."""
        name = exchange.visit.path.removeprefix("/v1/models/")
        model = self.shelf.find(name, full(name))
        await exchange.document(200, {**_openai(model), "id": name}, "application/json")

    async def show(self, exchange: Exchange) -> None:
        """`POST /api/show`."""
        asked = read(await exchange.body(), "ShowRequest")
        name = asked.get("model") or asked.get("name") or ""
        if not name:
            raise Refusal(400, "model is required")
        model = self.shelf.find(name, full(name))
        await exchange.document(200, model.shown(bool(asked.get("verbose"))))

    async def copy(self, exchange: Exchange) -> None:
        """`POST /api/copy`."""
        asked = read(await exchange.body(), "CopyRequest")
        source, destination = asked.get("source") or "", asked.get("destination") or ""
        for word, name in (("source", source), ("destination", destination)):
            if not valid(name):
                raise Refusal(400, f'{word} "{name}" is invalid')
        try:
            model = self.shelf.find(source)
        except Refusal as error:
            raise Refusal(404, f'model "{source}" not found') from error
        self.shelf.put(dataclasses.replace(model, name=full(destination)))
        await exchange.answer(200)

    async def delete(self, exchange: Exchange) -> None:
        """`DELETE /api/delete`, with a body."""
        asked = read(await exchange.body(), "DeleteRequest")
        name = asked.get("model") or asked.get("name") or ""
        if not valid(name):
            raise Refusal(400, f'name "{name}" is invalid')
        model = self.shelf.find(name)
        self.runner.unload(model)
        del self.shelf.models[model.name]
        await exchange.answer(200)

    # Blobs.

    async def has_blob(self, exchange: Exchange) -> None:
        """`HEAD /api/blobs/{digest}`."""
        digest = checked_digest(exchange.visit.path.rpartition("/")[2])
        if digest not in self.shelf.blobs:
            raise Refusal(404, f'blob "{digest}" not found')
        await exchange.answer(200)

    async def take_blob(self, exchange: Exchange) -> None:
        """`POST /api/blobs/{digest}`: the bytes are counted and hashed as they come."""
        digest = checked_digest(exchange.visit.path.rpartition("/")[2])
        if digest in self.shelf.blobs:
            await exchange.answer(200)
            return
        found, size = hashlib.sha256(), 0
        async for piece in exchange.pieces():
            found.update(piece)
            size += len(piece)
        await asyncio.sleep(self.manners.blob_seconds)
        got = f"sha256:{found.hexdigest()}"
        if got != digest:
            raise Refusal(400, f'digest mismatch, expected "{digest}", got "{got}"')
        self.shelf.blobs[digest] = size
        await exchange.answer(201)

    # What reports its progress.

    async def pull(self, exchange: Exchange) -> None:
        """`POST /api/pull`."""
        asked = read(await exchange.body(), "PullRequest")
        name = asked.get("model") or asked.get("name") or ""
        if not valid(name):
            raise Refusal(400, "invalid model name")
        await report(exchange, self._with_faults(self._pulling(name)), asked.get("stream") is not False)

    async def push(self, exchange: Exchange) -> None:
        """`POST /api/push`."""
        asked = read(await exchange.body(), "PushRequest")
        name = asked.get("model") or asked.get("name") or ""
        if not name:
            raise Refusal(400, "model is required")
        await report(exchange, self._pushing(name), asked.get("stream") is not False)

    async def create(self, exchange: Exchange) -> None:
        """`POST /api/create`."""
        asked = read(await exchange.body(), "CreateRequest")
        name = asked.get("model") or asked.get("name") or ""
        if not valid(name):
            raise Refusal(400, "invalid model name")
        if not asked.get("from") and not asked.get("files"):
            raise Refusal(400, "neither 'from' or 'files' was specified")
        await report(exchange, self._creating(name, asked), asked.get("stream") is not False)

    async def _with_faults(self, frames: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
        fault = self.runner.faults.pop(0) if self.runner.faults else None
        number = 0
        async for frame in frames:
            if fault is not None and number >= fault.after:
                await fail(fault)
            number += 1
            yield frame

    async def _pulling(self, name: str) -> AsyncIterator[Frame]:
        yield {"status": "pulling manifest"}
        model = self.shelf.remote.get(full(name))
        if model is None:
            raise Failed("pull model manifest: file does not exist")
        layer = {"status": f"pulling {model.digest[:12]}", "digest": f"sha256:{model.digest}", "total": model.size}
        yield layer
        for step in range(1, 5):
            await asyncio.sleep(self.manners.token_seconds)
            yield {**layer, "completed": model.size * step // 4}
        self.shelf.put(model)
        for status in ("verifying sha256 digest", "writing manifest", "success"):
            yield {"status": status}

    async def _pushing(self, name: str) -> AsyncIterator[Frame]:
        yield {"status": "retrieving manifest"}
        try:
            model = self.shelf.find(name)
        except Refusal as error:
            yield {"status": "couldn't retrieve manifest"}
            raise Failed("file does not exist") from error
        if "/" not in name:
            raise Failed("you are not authorized to push to this namespace, create the model under a namespace you own")
        layer = {"status": f"pushing {model.digest[:12]}", "digest": f"sha256:{model.digest}", "total": model.size}
        yield {**layer, "completed": model.size}
        for status in ("pushing manifest", "success"):
            yield {"status": status}

    async def _creating(self, name: str, asked: dict[str, Any]) -> AsyncIterator[Frame]:
        if asked.get("from"):
            try:
                base = self.shelf.find(asked["from"])
            except Refusal as error:
                yield {"status": "pulling manifest"}
                raise Failed("pull model manifest: file does not exist") from error
        else:
            missing = [digest for digest in asked["files"].values() if digest not in self.shelf.blobs]
            if missing:
                raise Failed(f"{missing[0]}: file does not exist")
            yield {"status": "parsing GGUF"}
            base = Model(full(name), size=sum(self.shelf.blobs[digest] for digest in asked["files"].values()))
        yield {"status": f"using existing layer sha256:{base.digest}"}
        changed: dict[str, Any] = {field: asked[field] for field in ("system", "template") if asked.get(field)}
        changed["parameters"] = {**base.parameters, **(asked.get("parameters") or {})}
        self.shelf.put(dataclasses.replace(base, name=full(name), parent=str(asked.get("from") or ""), **changed))
        for status in ("writing manifest", "success"):
            yield {"status": status}


def _openai(model: Model) -> dict[str, Any]:
    created = int(model.modified)
    return {"id": model.name, "object": "model", "created": created, "owned_by": "library"}
