"""Asking a model: `/api/generate`, `/api/chat`, the embeddings, and the same in the words of `/v1`."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
import time
from typing import TYPE_CHECKING, Any

from . import errors
from .delivering import deliver
from .errors import Refusal, not_found
from .events import Messages, Responses
from .exchange import stamp
from .fields import read
from .formats import Chat, Completion, Native, NativeChat
from .models import DIMENSIONS, full, valid
from .running import Job

if TYPE_CHECKING:
    from .exchange import Exchange
    from .formats import Format
    from .models import Model, Shelf
    from .running import Runner


class Talking:
    """The endpoints that run a model."""

    def __init__(self, shelf: Shelf, runner: Runner) -> None:
        self.shelf, self.runner = shelf, runner

    # Ollama's own.

    async def generate(self, exchange: Exchange) -> None:
        """`POST /api/generate`."""
        asked = read(await exchange.body(), "GenerateRequest")
        name = asked.get("model") or ""
        if not valid(name):
            raise not_found(name)
        model = self.shelf.find(name)
        prompt = asked.get("prompt") or ""
        if asked.get("raw") and (asked.get("template") or asked.get("system") or asked.get("context")):
            raise Refusal(400, "raw mode does not support template, system, or context")
        if not prompt and await self._only_load(exchange, asked, model, {"response": ""}):
            return
        self._check(model, name, asked, "generate")
        await self._tell(exchange, self._job(model, prompt, asked), Native(name), asked.get("stream") is not False)

    async def chat(self, exchange: Exchange) -> None:
        """`POST /api/chat`."""
        asked = read(await exchange.body(), "ChatRequest")
        name = asked.get("model") or ""
        if not valid(name):
            raise Refusal(400, "model is required")
        model = self.shelf.find(name)
        messages = asked.get("messages") or []
        empty = {"message": {"role": "assistant", "content": ""}}
        if not messages and await self._only_load(exchange, asked, model, empty):
            return
        self._check(model, name, asked, "chat")
        job = self._job(model, _said(messages), asked)
        job.answered = messages[-1].get("role") == "tool"
        await self._tell(exchange, job, NativeChat(name), asked.get("stream") is not False)

    async def embed(self, exchange: Exchange) -> None:
        """`POST /api/embed`."""
        asked = read(await exchange.body(), "EmbedRequest")
        vectors, count = await self._embedded(asked)
        document = {"model": asked["model"], "embeddings": vectors, "total_duration": 1_000_000}
        await exchange.document(200, document | {"load_duration": 500_000, "prompt_eval_count": count})

    async def embeddings(self, exchange: Exchange) -> None:
        """`POST /api/embeddings`, the older one."""
        asked = read(await exchange.body(), "EmbeddingRequest")
        name = asked.get("model") or ""
        if not valid(name):
            raise Refusal(400, "model is required")
        model = self.shelf.find(name)
        if "embedding" not in model.capabilities:
            raise Refusal(500, "this model does not support embeddings")
        await self.runner.load(model, asked["keep_alive_seconds"])
        prompt = asked.get("prompt") or ""
        await exchange.document(200, {"embedding": _vector(prompt) if prompt else []})

    # OpenAI's and Anthropic's.

    async def v1_chat(self, exchange: Exchange) -> None:
        """`POST /v1/chat/completions`."""
        asked = read(await exchange.body(), "ChatCompletionRequest")
        messages = asked.get("messages") or []
        if not messages:
            raise Refusal(400, "[] is too short - 'messages'")
        usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        job = self._v1_job(asked, _said(messages))
        job.form = _form(asked.get("response_format"))
        job.answered = messages[-1].get("role") == "tool"
        await self._tell(exchange, job, Chat(asked["model"], usage), bool(asked.get("stream")))

    async def v1_completions(self, exchange: Exchange) -> None:
        """`POST /v1/completions`."""
        asked = read(await exchange.body(), "CompletionRequest")
        usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        job = self._v1_job(asked, asked.get("prompt") or "", "generate")
        await self._tell(exchange, job, Completion(asked["model"], usage), bool(asked.get("stream")))

    async def v1_responses(self, exchange: Exchange) -> None:
        """`POST /v1/responses`."""
        asked = read(await exchange.body(), "ResponsesRequest")
        given = asked.get("input") or ""
        job = self._v1_job(asked, given if isinstance(given, str) else _said(given))
        await self._tell(exchange, job, Responses(asked["model"]), bool(asked.get("stream")))

    async def v1_messages(self, exchange: Exchange) -> None:
        """`POST /v1/messages`."""
        asked = read(await exchange.body(), "MessagesRequest")
        for field, more in (("model", ""), ("max_tokens", " and must be positive"), ("messages", "")):
            if not asked.get(field):
                raise Refusal(400, f"{field} is required{more}")
        job = self._v1_job(asked, _said(asked["messages"]))
        job.options = {"num_predict": asked["max_tokens"]}
        await self._tell(exchange, job, Messages(asked["model"]), bool(asked.get("stream")))

    async def v1_embeddings(self, exchange: Exchange) -> None:
        """`POST /v1/embeddings`."""
        asked = read(await exchange.body(), "EmbedRequest")
        form = asked.get("encoding_format") or "float"
        if form.lower() not in {"float", "base64"}:
            text = f"Invalid value for 'encoding_format' = {form}. Supported values: ['float', 'base64']."
            raise Refusal(400, text)
        if asked.get("input") is None:
            raise Refusal(400, "invalid input")
        vectors, count = await self._embedded(asked)
        rows = []
        for index, vector in enumerate(vectors):
            text = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
            rows.append({"object": "embedding", "embedding": text if form == "base64" else vector, "index": index})
        usage = {"prompt_tokens": count, "total_tokens": count}
        document = {"object": "list", "data": rows, "model": asked["model"], "usage": usage}
        await exchange.document(200, document, "application/json")

    # What they share.

    def _v1_job(self, asked: dict[str, Any], prompt: str, verb: str = "chat") -> Job:
        name = asked.get("model") or ""
        if not valid(name):
            raise not_found(name) if verb == "generate" else Refusal(400, "model is required")
        model = self.shelf.find(name)
        self._check(model, name, asked, verb)
        most = asked.get("max_tokens") or asked.get("max_completion_tokens") or asked.get("max_output_tokens")
        job = self._job(model, prompt, asked)
        job.options = {"num_predict": most} if most else {}
        job.keep_alive_seconds = 300.0  # /v1 knows no keep_alive
        return job

    @staticmethod
    def _job(model: Model, prompt: str, asked: dict[str, Any]) -> Job:
        return Job(
            model,
            prompt,
            asked["keep_alive_seconds"],
            asked.get("options") or {},
            asked.get("tools") or [],
            think=bool(asked.get("think", "thinking" in model.capabilities)) and "thinking" in model.capabilities,
            form=asked.get("format"),
        )

    @staticmethod
    def _check(model: Model, name: str, asked: dict[str, Any], verb: str) -> None:
        if asked.get("think") and "thinking" not in model.capabilities:
            raise Refusal(400, f'"{name}" does not support thinking')
        if "completion" not in model.capabilities:
            raise Refusal(400, f'"{name}" does not support {verb}')
        if asked.get("tools") and "tools" not in model.capabilities:
            raise Refusal(400, f"{full(name)} does not support tools")
        if asked.get("suffix") and "insert" not in model.capabilities:
            raise Refusal(400, f"{full(name)} does not support insert")
        words = len(str(asked.get("prompt") or asked.get("messages") or "").split())
        if asked.get("truncate") is False and words > model.context_length:
            text = f"request ({words} tokens) exceeds the available context size ({model.context_length} tokens)"
            raise Refusal(400, f'{{"error":{{"code":400,"message":"{text}","type":"exceed_context_size_error"}}}}')

    async def _only_load(self, exchange: Exchange, asked: dict[str, Any], model: Model, said: dict[str, Any]) -> bool:
        """Load or unload a model for a request without words; always in one document, whatever `stream` says."""
        unload = asked.get("keep_alive") is not None and asked["keep_alive_seconds"] == 0
        if unload:
            self.runner.unload(model)
        else:
            await self.runner.load(model, asked["keep_alive_seconds"])
        head = {"model": asked["model"], "created_at": stamp(time.time())}
        end = {"done": True, "done_reason": "unload" if unload else "load"}
        await exchange.document(200, head | said | end)
        return True

    async def _embedded(self, asked: dict[str, Any]) -> tuple[list[list[float]], int]:
        name = asked.get("model") or ""
        given = asked.get("input")
        texts = [given] if isinstance(given, str) and given else given or []
        if not isinstance(texts, list) or any(not isinstance(text, str) for text in texts):
            raise Refusal(400, "invalid input type")
        if not valid(name):
            raise not_found(name)
        model = self.shelf.find(name)
        if "embedding" not in model.capabilities:
            raise Refusal(501, "this model does not support embeddings")
        await self.runner.load(model, asked["keep_alive_seconds"])
        most = int(asked.get("dimensions") or DIMENSIONS)
        return [_vector(text, most) for text in texts], sum(len(text.split()) for text in texts)

    async def _tell(self, exchange: Exchange, job: Job, form: Format, stream: bool) -> None:
        await deliver(exchange, self.runner.run(job), form, stream)


def shape(path: str) -> Any:
    """Return the function that shapes an error for a path."""
    if path.startswith("/v1/messages"):
        return errors.anthropic
    return errors.openai if path.startswith("/v1/") else errors.native


def _said(messages: list[Any]) -> str:
    """Return the words of the last message."""
    content = messages[-1].get("content") or ""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content)
    return str(content)


def _form(given: dict[str, Any] | None) -> Any:
    if not given or given.get("type") == "text":
        return None
    return (given.get("json_schema") or {}).get("schema") or "json"


def _vector(text: str, most: int = DIMENSIONS) -> list[float]:
    raw = [byte / 255 - 0.5 for byte in hashlib.sha256(text.encode()).digest()[: min(most, DIMENSIONS)]]
    length = math.sqrt(sum(value * value for value in raw)) or 1.0
    return [round(value / length, 7) for value in raw]
