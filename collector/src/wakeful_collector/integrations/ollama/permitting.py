"""What a key that may use some models only may ask: these models, and nothing that would get round that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama.dialects import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wakeful_collector.integrations.ollama.bodies import Body

USES = frozenset(
    (
        "/api/generate",
        "/api/chat",
        "/api/embed",
        "/api/embeddings",
        "/api/show",
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/responses",
        "/v1/messages",
    )
)
"""Where a model is used and the request says which; written otherwise (a double slash) it is refused."""


def check(method: str, path: str, headers: Mapping[str, str], body: Body, permits: Callable[[str], bool]) -> str:
    """Return the model that a request of a limited key names; `permits` tells whether one may be used.

    The whole body is read: a field may be written twice or in another case, and Ollama would take the last one.
    Raises Refusal (403, 400, 413), ClientGone.
    """
    if method != "POST" or path not in USES:
        raise Refusal(403, "forbidden", "this key may use some models and do nothing else here")
    if headers.get("HTTP_CONTENT_ENCODING", "identity").lower() not in {"", "identity"}:
        raise Refusal(403, "forbidden", "a key that may use some models only must send its requests unpacked")
    models = body.models()
    if not models:
        raise Refusal(403, "forbidden", "this key may use some models only, and the request names none")
    for model in models:
        if not permits(model):
            raise Refusal(403, "forbidden", f"this key may not use the model {model[:100]!r}")
    return models[-1]
