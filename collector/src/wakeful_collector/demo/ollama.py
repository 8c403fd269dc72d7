"""A make-believe Ollama on the loopback: it wakes, sleeps, lists models, and says sentences that were written down."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

from wakeful_collector import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOOT_SECONDS = 6.0
"""How long it takes to wake: long enough to be seen, short enough to be waited for."""

KEPT_SECONDS = 60.0
WORDS_A_SECOND = 24.0
BODY_BYTES_MAX = 1 << 20
MODELS = (
    ("llama3.2:3b", 2_019_393_189, "3.2B", "Q4_K_M", "completion"),
    ("nomic-embed-text:latest", 274_302_450, "137M", "F16", "embedding"),
    ("qwen3:8b", 5_225_388_164, "8.2B", "Q4_K_M", "completion"),
)
"""Names of models that people run, as a list to look at; none of them runs here."""

_WRITTEN = """
I am the sample machine of this demo. No model runs here: what I say was written down, and only the way it comes to you
is real. You asked the gateway; it looked whether I was awake, had me woken if I was not, and now passes each word on
the moment I say it.

If I slept a moment ago, a machine of my network sent me a magic packet, because you asked. When nobody has asked for a
while, no model is left in my memory and nobody keeps me awake, I am put to sleep again. Watch it above.

Ask me from a terminal too: set OLLAMA_HOST to the gateway's address and give it a key. Every client of Ollama and of
OpenAI works that way, and none of them has to know that I sleep most of the day.
"""
SAID = tuple(" ".join(part.split()) for part in _WRITTEN.split("\n\n"))


class Upstream(ThreadingHTTPServer):
    """The machine: `wake` and `sleep` switch it, `url` is where it answers while it is awake."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._up_seconds = float("inf")
        self._lock = threading.Lock()
        self._loaded: dict[str, float] = {}
        self._asked = 0
        threading.Thread(target=self.serve_forever, name="sample-ollama", daemon=True).start()

    @property
    def is_up(self) -> bool:
        """Tell whether it answers."""
        return clock.monotonic_seconds() >= self._up_seconds

    def wake(self, boot_seconds: float = BOOT_SECONDS) -> None:
        """Let it be up after a while, unless it is or is about to be."""
        with self._lock:
            if self._up_seconds == float("inf"):
                self._up_seconds = clock.monotonic_seconds() + boot_seconds

    def sleep(self) -> None:
        """Let it answer no longer."""
        with self._lock:
            self._up_seconds = float("inf")
            self._loaded.clear()

    def close(self) -> None:
        """Give the port back."""
        self.shutdown()
        self.server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - the server's own signature
        """Hang up on everybody while it sleeps."""
        return self.is_up

    def load(self, model: str) -> str:
        """Take a model into memory for a while and return what is said next."""
        with self._lock:
            self._loaded[model] = clock.monotonic_seconds() + KEPT_SECONDS
            self._asked += 1
            return SAID[(self._asked - 1) % len(SAID)]

    def loaded(self) -> dict[str, float]:
        """Return the models in memory with the seconds until they leave."""
        now = clock.monotonic_seconds()
        with self._lock:
            return {name: until - now for name, until in self._loaded.items() if until > now}


class _Talk(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the handler's own signature
        """Say nothing."""

    def parse_request(self) -> bool:
        """Read a request, and hang up if the machine fell asleep since the connection was made."""
        self.close_connection = not self._upstream.is_up
        return self._upstream.is_up and super().parse_request()

    def do_HEAD(self) -> None:
        """Answer as to GET, without a body."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer what clients poll."""
        path = self.path.partition("?")[0]
        if path == "/":
            self._answer(200, b"Ollama is running", "text/plain; charset=utf-8")
        elif path in _TOLD:
            self._json(200, _TOLD[path](self._upstream))
        else:
            self._answer(404, b"404 page not found", "text/plain")

    def do_POST(self) -> None:
        """Talk, or show a model."""
        asked = self._asked()
        model = asked.get("model")
        known = {name for name, *_ in MODELS}
        path = self.path.partition("?")[0]
        if path not in _SAYS and path != "/api/show":
            self._answer(404, b"404 page not found", "text/plain")
        elif not isinstance(model, str) or (model not in known and f"{model}:latest" not in known):
            self._json(404, {"error": f"model '{str(model)[:100]}' not found"})
        elif path == "/api/show":
            self._json(200, {"details": {"family": "sample"}, "modelfile": "# the sample machine of the demo"})
        else:
            self._say(path, model, stream=asked.get("stream") is not False)

    def _say(self, path: str, model: str, stream: bool) -> None:
        begun = clock.monotonic_seconds()
        words = self._upstream.load(model).split(" ")
        if not stream:
            self._json(
                200, {"model": model, "created_at": _now(), **_SAYS[path](" ".join(words)), **_end(words, begun)}
            )
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for frame in _frames(path, model, words, begun):
                line = json.dumps(frame).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except OSError:  # whoever asked went away
            self.close_connection = True

    def _asked(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "0")
        raw = self.rfile.read(min(int(length), BODY_BYTES_MAX)) if length.isdecimal() else b""
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            document = None
        return document if isinstance(document, dict) else {}

    def _json(self, status: int, document: dict[str, Any]) -> None:
        self._answer(status, json.dumps(document).encode(), "application/json; charset=utf-8")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    @property
    def _upstream(self) -> Upstream:
        return cast("Upstream", self.server)


def tags() -> dict[str, Any]:
    """Return the models as `/api/tags` lists them."""
    return {"models": [_listed(*one) for one in MODELS]}


def _listed(name: str, size: int, parameters: str, quantization: str, can: str) -> dict[str, Any]:
    details = {"family": name.partition(":")[0], "parameter_size": parameters, "quantization_level": quantization}
    modified = "2026-10-02T18:11:40Z"
    return {
        "name": name,
        "model": name,
        "modified_at": modified,
        "size": size,
        "details": details,
        "capabilities": [can],
    }


def _running(upstream: Upstream) -> dict[str, Any]:
    found = upstream.loaded()
    rows = [
        {**_listed(*one), "size_vram": one[1], "context_length": 4_096, "expires_at": _now(found[one[0]])}
        for one in MODELS
        if one[0] in found
    ]
    return {"models": rows}


_TOLD: dict[str, Callable[[Upstream], dict[str, Any]]] = {
    "/api/version": lambda _: {"version": "0.12.6"},
    "/api/tags": lambda _: tags(),
    "/api/ps": _running,
    "/v1/models": lambda _: {"object": "list", "data": [{"id": name, "object": "model"} for name, *_ in MODELS]},
}
_SAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "/api/chat": lambda text: {"message": {"role": "assistant", "content": text}},
    "/api/generate": lambda text: {"response": text},
}


def _frames(path: str, model: str, words: list[str], begun: float) -> Iterator[dict[str, Any]]:
    for number, word in enumerate(words):
        time.sleep(1.0 / WORDS_A_SECOND)
        said = word if number == 0 else f" {word}"
        yield {"model": model, "created_at": _now(), **_SAYS[path](said), "done": False}
    yield {"model": model, "created_at": _now(), **_SAYS[path](""), **_end(words, begun)}


def _end(words: list[str], begun: float) -> dict[str, Any]:
    took_ns = max(1, round((clock.monotonic_seconds() - begun) * 1e9))
    return {
        "done": True,
        "done_reason": "stop",
        "total_duration": took_ns,
        "prompt_eval_count": 12,
        "eval_count": len(words),
        "eval_duration": took_ns,
    }


def _now(later_seconds: float = 0.0) -> str:
    at = datetime.fromtimestamp(clock.now_ms() / 1000, UTC) + timedelta(seconds=later_seconds)
    return at.isoformat().replace("+00:00", "Z")
