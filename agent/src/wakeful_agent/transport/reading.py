"""What an answer's body says: the document it holds, or the wire's refusal."""

from __future__ import annotations

from wakeful_wire import packing
from wakeful_wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.network.response import Response

ANSWER_BYTES_MAX = 1024 * 1024
MESSAGE_CHARACTERS_MAX = 300


def document(response: Response) -> Any:
    """Return the JSON document of an answer; raise WireError when it is not one or too large."""
    body = response.body
    if response.headers.get("content-encoding", "").lower() == "gzip":
        body = packing.inflate(body, ANSWER_BYTES_MAX)
    return packing.parse_json(body)


def problem(response: Response) -> tuple[str, str]:
    """Return code and message of a refusal, fit for a log line; empty when the body is not the wire's."""
    try:
        body = document(response)
    except WireError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    code, message = body.get("error"), body.get("message", "")
    if not isinstance(code, str) or not isinstance(message, str):
        return "", ""
    return _printable(code), _printable(message)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:MESSAGE_CHARACTERS_MAX])
