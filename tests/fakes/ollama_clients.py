"""What speaks to an Ollama in the tests: the official clients, and requests made by hand."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import ollama as official
import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ollama import Ollama

PATIENCE_SECONDS = 20
PROMPT = [{"role": "user", "content": "the quick brown fox"}]


def native(url: str, key: str = "", **settings: Any) -> official.Client:
    """Return the official Ollama client of an address; `key` goes the way of OLLAMA_API_KEY."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return official.Client(host=url, headers=headers, **settings)


def compatible(url: str, key: str = "", **settings: Any) -> openai.OpenAI:
    """Return the official OpenAI client of an address (without /v1)."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key or "none", **settings)


class Answer(NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return its document."""
        return json.loads(self.body)


def ask(
    url: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, seconds: float = 20
) -> Answer:
    """Send one request as it is given; a body that is no bytes becomes JSON."""
    with answering(url, method, path, body, headers, seconds) as answer:
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())


@contextlib.contextmanager
def answering(
    url: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, seconds: float = 20
) -> Iterator[http.client.HTTPResponse]:
    """Send one request and give the answer as soon as its head is there."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    data = body if body is None or isinstance(body, bytes) or hasattr(body, "__next__") else json.dumps(body).encode()
    try:
        connection.request(method, parts.path + path, data, headers or {}, encode_chunked=hasattr(data, "__next__"))
        yield connection.getresponse()
    finally:
        connection.close()


class Hand(NamedTuple):
    """Somebody who sends requests by hand to an address, with a key where one is needed."""

    url: str
    key: str = ""

    def ask(self, method: str, path: str, body: Any = None, headers: Any = None, seconds: float = 20) -> Answer:
        """Send one request."""
        return ask(self.url, method, path, body, self._headers(headers), seconds)

    def answering(
        self, method: str, path: str, body: Any = None, headers: Any = None, seconds: float = 20
    ) -> contextlib.AbstractContextManager[http.client.HTTPResponse]:
        """Send one request and give the answer as soon as its head is there."""
        return answering(self.url, method, path, body, self._headers(headers), seconds)

    def _headers(self, headers: Any) -> dict[str, str]:
        return ({"Authorization": f"Bearer {self.key}"} if self.key else {}) | (headers or {})


def refused(call: Any) -> tuple[int, str]:
    """Return the status and the text with which the official client tells of a refusal."""
    with pytest.raises(official.ResponseError) as caught:
        list(call())
    return caught.value.status_code, caught.value.error


def paced(server: Ollama, tokens: int, seconds: float) -> list[str]:
    """Let the server say so many numbered tokens, one every so many seconds; return them."""
    said = [f" {number}" for number in range(tokens)]
    server.manners.reply = lambda _: said
    server.manners.token_seconds = seconds
    return said
