"""The shapes in which an answer goes out: NDJSON of `/api`, SSE of `/v1`, named events of responses and messages."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any

from . import errors
from .exchange import EVENTS, JSON, NDJSON, packed, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .running import Piece


class Format:
    """One shape; `frames` of each piece while it streams, `whole` when it does not."""

    stream_kind = EVENTS
    whole_kind = "application/json"

    def __init__(self, model: str) -> None:
        self.model = model
        self.said: list[Piece] = []

    def frames(self, piece: Piece) -> list[bytes]:
        """Return the frames of the next piece."""
        raise AssertionError(piece)

    def whole(self) -> dict[str, Any]:
        """Return the document of all pieces."""
        raise AssertionError

    def failed(self, text: str) -> list[bytes]:
        """Return the frames that tell of a failure after the first frame."""
        return []

    def error(self, status: int, text: str) -> dict[str, Any]:
        """Return the document of a refusal."""
        return errors.openai(status, text)

    def keep(self, piece: Piece) -> None:
        """Remember a piece for `whole`."""
        self.said.append(piece)

    @property
    def content(self) -> str:
        """All that was said."""
        return "".join(piece.content for piece in self.said)

    @property
    def thinking(self) -> str:
        """All that was thought."""
        return "".join(piece.thinking for piece in self.said)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The tools called."""
        return [call for piece in self.said for call in piece.calls]

    def count(self, name: str) -> int:
        """Return a count of the last piece."""
        return self.said[-1].counts.get(name, 0)


class Native(Format):
    """`/api/generate`."""

    stream_kind = NDJSON
    whole_kind = JSON

    def frames(self, piece: Piece) -> list[bytes]:
        """Return one line."""
        return [packed(self._frame(piece)) + b"\n"]

    def whole(self) -> dict[str, Any]:
        """Return the last frame with all the text."""
        return self._frame(self.said[-1]._replace(content=self.content, thinking=self.thinking, calls=(*self.calls,)))

    def failed(self, text: str) -> list[bytes]:
        """Return the line with the error."""
        return [packed({"error": text}) + b"\n"]

    def error(self, status: int, text: str) -> dict[str, Any]:
        """Return Ollama's own shape."""
        return errors.native(status, text)

    def _frame(self, piece: Piece) -> dict[str, Any]:
        frame: dict[str, Any] = {"model": self.model, "created_at": stamp(time.time())}
        frame |= self._text(piece) | {"done": piece.done}
        frame |= {"done_reason": piece.reason} if piece.done else {}
        return frame | dict(piece.counts)

    def _text(self, piece: Piece) -> dict[str, Any]:
        thinking = {"thinking": piece.thinking} if piece.thinking else {}
        context = {"context": [2, 105, 107]} if piece.done and piece.counts else {}
        return {"response": piece.content} | thinking | context


class NativeChat(Native):
    """`/api/chat`."""

    def _text(self, piece: Piece) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": piece.content}
        message |= {"thinking": piece.thinking} if piece.thinking else {}
        message |= {"tool_calls": list(piece.calls)} if piece.calls else {}
        return {"message": message}


class Chat(Format):
    """`/v1/chat/completions`."""

    kind = "chat.completion"

    def __init__(self, model: str, usage: bool) -> None:
        super().__init__(model)
        self.usage = usage
        self.first = True
        self.id = f"chatcmpl-{secrets.randbelow(999)}"

    def frames(self, piece: Piece) -> list[bytes]:
        """Return one event for a piece; for the last the finish, the usage where it was asked for, and the end."""
        if not piece.done:
            return [self._event([self._choice(piece)])]
        called = bool(self.calls) and piece.reason == "stop"
        events = [self._event([self._finish("tool_calls" if called else piece.reason)])]
        if self.usage:
            events.append(self._event([], self._usage(piece.counts)))
        return [*events, b"data: [DONE]\n\n"]

    def whole(self) -> dict[str, Any]:
        """Return the completion."""
        message: dict[str, Any] = {"role": "assistant", "content": self.content}
        message |= {"reasoning": self.thinking} if self.thinking else {}
        message |= {"tool_calls": _openai_calls(self.calls)} if self.calls else {}
        reason = "tool_calls" if self.calls else self.said[-1].reason
        choice = {"index": 0, "message": message, "finish_reason": reason}
        return self._document(self.kind, [choice]) | {"usage": self._usage(self.said[-1].counts)}

    def failed(self, text: str) -> list[bytes]:
        """Return what the real one makes of an error on its way (read): an empty piece of no model, and no end."""
        self.model = ""
        return [self._event([{"index": 0, "delta": {"content": ""}, "finish_reason": None}])]

    def _choice(self, piece: Piece) -> dict[str, Any]:
        delta: dict[str, Any] = {"role": "assistant"} if self.first else {}
        self.first = False
        delta |= {"content": piece.content}
        delta |= {"reasoning": piece.thinking} if piece.thinking else {}
        delta |= {"tool_calls": _openai_calls(list(piece.calls))} if piece.calls else {}
        return {"index": 0, "delta": delta, "finish_reason": None}

    def _finish(self, reason: str) -> dict[str, Any]:
        return {"index": 0, "delta": {}, "finish_reason": reason}

    def _event(self, choices: list[Any], usage: dict[str, int] | None = None) -> bytes:
        document = self._document(f"{self.kind}.chunk", choices) | ({"usage": usage} if usage else {})
        return b"data: " + packed(document) + b"\n\n"

    def _document(self, kind: str, choices: list[Any]) -> dict[str, Any]:
        head = {"id": self.id, "object": kind, "created": int(time.time()), "model": self.model}
        return {**head, "system_fingerprint": "fp_ollama", "choices": choices}

    @staticmethod
    def _usage(counts: Mapping[str, int]) -> dict[str, int]:
        asked, said = counts.get("prompt_eval_count", 0), counts.get("eval_count", 0)
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


class Completion(Chat):
    """`/v1/completions`."""

    kind = "text_completion"

    def whole(self) -> dict[str, Any]:
        """Return the completion."""
        choice = {"text": self.content, "index": 0, "finish_reason": self.said[-1].reason}
        return self._document(self.kind, [choice]) | {"usage": self._usage(self.said[-1].counts)}

    def failed(self, text: str) -> list[bytes]:
        """Return an empty piece of no model."""
        self.model = ""
        return [self._event([{"text": "", "index": 0, "finish_reason": None}])]

    def _choice(self, piece: Piece) -> dict[str, Any]:
        return {"text": piece.content, "index": 0, "finish_reason": None}

    def _finish(self, reason: str) -> dict[str, Any]:
        return {"text": "", "index": 0, "finish_reason": reason}

    def _event(self, choices: list[Any], usage: dict[str, int] | None = None) -> bytes:
        document = self._document(self.kind, choices) | ({"usage": usage} if usage else {})
        return b"data: " + packed(document) + b"\n\n"


def _openai_calls(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    made = []
    for number, call in enumerate(calls):
        function = {"name": call["function"]["name"], "arguments": json.dumps(call["function"]["arguments"])}
        made.append({"id": f"call_{secrets.token_hex(4)}", "index": number, "type": "function", "function": function})
    return made
