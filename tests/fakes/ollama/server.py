"""The server: the guards, the routes, and what a test does to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Awaitable, Callable

from ..pterodactyl.turning import Turning, inside
from .door import Door
from .errors import Refusal
from .exchange import TEXT, packed
from .guard import allowed_host, allowed_origin
from .library import Library
from .manners import Fault, Manners
from .models import Model, Shelf
from .running import Runner
from .talking import Talking, shape

if TYPE_CHECKING:
    import ssl

    from .exchange import Exchange

Handler = Callable[["Exchange"], Awaitable[None]]
MODELS = (
    Model("gem:latest", ("completion",)),
    Model("thinker:1b", ("completion", "tools", "thinking")),
    Model("embedder:latest", ("embedding",), size=1 << 25),
)
REMOTE = (Model("tiny:latest", ("completion",), size=1 << 22),)


class Ollama(Door):
    """One server: `gem` completes, `thinker:1b` thinks and calls tools, `embedder` embeds; `tiny` can be pulled."""

    def __init__(self, turning: Turning, address: str, tls: ssl.SSLContext | None) -> None:
        super().__init__(turning, address, tls)
        self.manners = Manners()
        self.shelf = Shelf(MODELS)
        self.shelf.remote = {model.name: model for model in REMOTE}
        self.runner = turning.run(lambda: Runner(self.manners))
        self.hostname = address
        """Where it believes to listen: beyond loopback (OLLAMA_HOST=0.0.0.0) it looks at no Host."""
        self.routes = self._routes(Talking(self.shelf, self.runner), Library(self.shelf, self.runner, self.manners))

    # What a test does to it.

    @inside
    def fail(self, kind: str, after: int = 0, times: int = 1, text: str = "") -> None:
        """Let the next generations or pulls go wrong; see Fault."""
        fault = Fault(kind, after, text) if text else Fault(kind, after)
        self.runner.faults += [fault] * times

    @inside
    def running(self) -> list[str]:
        """Return the names of the models in memory."""
        return [row["name"] for row in self.runner.rows()]

    @inside
    def active(self) -> int:
        """Return how many generations run now."""
        return self.runner.active

    def reboot(self) -> None:
        """Come up after the machine was switched off: nothing is loaded any more."""
        self.turning.run(self.runner.loaded.clear)
        self.open()

    def reset(self) -> None:
        """Be as at the beginning: another test begins with the same server."""
        self.turning.run(self._reset)
        self.open()

    def _reset(self) -> None:
        self.visits.clear()
        self.thawed.set()
        vars(self.manners).update(vars(Manners()))
        self.shelf.models = {model.name: model for model in MODELS}
        self.shelf.remote = {model.name: model for model in REMOTE}
        self.shelf.blobs.clear()
        self.runner.loaded.clear()
        self.runner.loads.clear()
        self.runner.faults.clear()
        self.runner.active_most = 0
        self.hostname = self.address

    # How it answers.

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request: guards, then routes, then errors in the shape of the path."""
        visit = exchange.visit
        host, origin = visit.header("host") or "", visit.header("origin")
        if not allowed_origin(origin, host):
            await exchange.answer(403)
        elif visit.method == "OPTIONS" and origin and visit.header("access-control-request-method"):
            allow = (("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Methods", "GET,POST,DELETE,HEAD"))
            await exchange.answer(204, headers=allow)
        elif self.hostname.startswith("127.") and not allowed_host(host):
            await exchange.answer(403)
        else:
            await self._route(exchange)

    async def _route(self, exchange: Exchange) -> None:
        path = exchange.visit.path
        clean = re.sub(r"/{2,}", "/", path)
        if clean != path:
            await exchange.answer(307, headers=(("Location", clean),))
            return
        methods = self._methods(path)
        handler = methods.get(exchange.visit.method)
        if handler is None:
            await self._unrouted(exchange, methods)
            return
        try:
            await handler(exchange)
        except Refusal as error:
            kind = "application/json; charset=utf-8" if path.startswith("/api/") else "application/json"
            await exchange.answer(error.status, packed(shape(path)(error.status, error.text)), kind)

    def _methods(self, path: str) -> dict[str, Handler]:
        for pattern, methods in self.routes:
            if pattern.fullmatch(path):
                return methods
        return {}

    async def _unrouted(self, exchange: Exchange, methods: dict[str, Handler]) -> None:
        path, method = exchange.visit.path, exchange.visit.method
        if methods:
            allow = (("Allow", ", ".join(methods)),)
            await exchange.answer(405, b"405 method not allowed", "text/plain", allow)
        elif path.endswith("/") and method in self._methods(path.rstrip("/")):
            await exchange.answer(301 if method == "GET" else 307, headers=(("Location", path.rstrip("/")),))
        else:
            await exchange.answer(404, b"404 page not found", "text/plain")

    async def _running(self, exchange: Exchange) -> None:
        await exchange.answer(200, b"Ollama is running", TEXT)

    async def _account(self, exchange: Exchange) -> None:
        raise Refusal(401, "unauthorized")

    def _routes(self, talking: Talking, library: Library) -> list[tuple[re.Pattern[str], dict[str, Handler]]]:
        table: list[tuple[str, dict[str, Handler]]] = [
            ("/", {"GET": self._running, "HEAD": self._running}),
            ("/api/version", {"GET": library.version, "HEAD": library.version}),
            ("/api/status", {"GET": library.status}),
            ("/api/tags", {"GET": library.tags, "HEAD": library.tags}),
            ("/api/ps", {"GET": library.ps}),
            ("/api/show", {"POST": library.show}),
            ("/api/copy", {"POST": library.copy}),
            ("/api/delete", {"DELETE": library.delete}),
            ("/api/pull", {"POST": library.pull}),
            ("/api/push", {"POST": library.push}),
            ("/api/create", {"POST": library.create}),
            ("/api/blobs/[^/]+", {"HEAD": library.has_blob, "POST": library.take_blob}),
            ("/api/generate", {"POST": talking.generate}),
            ("/api/chat", {"POST": talking.chat}),
            ("/api/embed", {"POST": talking.embed}),
            ("/api/embeddings", {"POST": talking.embeddings}),
            ("/api/(me|signout)", {"POST": self._account}),
            ("/v1/chat/completions", {"POST": talking.v1_chat}),
            ("/v1/completions", {"POST": talking.v1_completions}),
            ("/v1/responses", {"POST": talking.v1_responses}),
            ("/v1/messages", {"POST": talking.v1_messages}),
            ("/v1/embeddings", {"POST": talking.v1_embeddings}),
            ("/v1/models", {"GET": library.v1_models}),
            ("/v1/models/.+", {"GET": library.v1_model}),
        ]
        return [(re.compile(pattern), methods) for pattern, methods in table]
