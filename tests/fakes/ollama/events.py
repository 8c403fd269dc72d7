"""The shapes with named events: `/v1/responses` and `/v1/messages`; neither ends with [DONE]."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from . import errors
from .exchange import packed
from .formats import Format

if TYPE_CHECKING:
    from .running import Piece


def _event(name: str, document: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: ".encode() + packed(document) + b"\n\n"


class Responses(Format):
    """`/v1/responses`."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.id, self.item = f"resp_{secrets.randbelow(999999)}", f"msg_{secrets.randbelow(999999)}"
        self.number = -1
        self.started = False

    def frames(self, piece: Piece) -> list[bytes]:
        """Return the events of a piece."""
        events = []
        if self.number < 0:
            events += [self._of("response.created", response=self._response("in_progress"))]
            events += [self._of("response.in_progress", response=self._response("in_progress"))]
        if piece.content:
            events += [] if self.started else self._start()
            self.started = True
            events.append(self._text("response.output_text.delta", delta=piece.content, logprobs=[]))
        return events + (self._finish() if piece.done else [])

    def whole(self) -> dict[str, Any]:
        """Return the response."""
        return self._response("completed")

    def _start(self) -> list[bytes]:
        item = {"id": self.item, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
        added = self._of("response.output_item.added", output_index=0, item=item)
        return [added, self._text("response.content_part.added", part=self._part(""))]

    def _finish(self) -> list[bytes]:
        events = [
            self._text("response.output_text.done", text=self.content, logprobs=[]),
            self._text("response.content_part.done", part=self._part(self.content)),
            self._of("response.output_item.done", output_index=0, item=self._message()),
        ]
        return [*(events if self.started else []), self._of("response.completed", response=self.whole())]

    def _text(self, name: str, **fields: Any) -> bytes:
        return self._of(name, item_id=self.item, output_index=0, content_index=0, **fields)

    def _of(self, name: str, **fields: Any) -> bytes:
        self.number += 1
        return _event(name, {**fields, "type": name, "sequence_number": self.number})

    @staticmethod
    def _part(text: str) -> dict[str, Any]:
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}

    def _message(self) -> dict[str, Any]:
        head = {"id": self.item, "type": "message", "status": "completed", "role": "assistant"}
        return {**head, "content": [self._part(self.content)]}

    def _response(self, status: str) -> dict[str, Any]:
        done = status == "completed"
        document: dict[str, Any] = {"id": self.id, "object": "response", "created_at": int(time.time())}
        document |= {"status": status, "model": self.model, "output": [self._message()] if done else []}
        document |= {"completed_at": int(time.time()) if done else None, "error": None, "incomplete_details": None}
        document |= {"instructions": None, "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0, "tools": []}
        document |= {"tool_choice": "auto", "top_p": 1.0, "truncation": "disabled", "store": False}
        return document | {"text": {"format": {"type": "text"}}, "usage": self._usage() if done else None}

    def _usage(self) -> dict[str, Any]:
        asked, said = self.count("prompt_eval_count"), self.count("eval_count")
        usage: dict[str, Any] = {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said}
        usage["input_tokens_details"] = {"cached_tokens": 0}
        return usage | {"output_tokens_details": {"reasoning_tokens": 0}}


class Messages(Format):
    """`/v1/messages`."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.id = f"msg_{secrets.token_hex(12)}"
        self.first, self.started = True, False

    def frames(self, piece: Piece) -> list[bytes]:
        """Return the events of a piece."""
        events = []
        if self.first:
            self.first = False
            message = self._message([], {"input_tokens": 0, "output_tokens": 0})
            events.append(self._of("message_start", message=message))
        if piece.content:
            block = {"type": "text", "text": ""}
            events += [] if self.started else [self._of("content_block_start", index=0, content_block=block)]
            self.started = True
            delta = {"type": "text_delta", "text": piece.content}
            events.append(self._of("content_block_delta", index=0, delta=delta))
        return events + (self._finish(piece) if piece.done else [])

    def whole(self) -> dict[str, Any]:
        """Return the message."""
        usage = self._usage(self.said[-1])
        message = self._message([{"type": "text", "text": self.content}], usage)
        return message | {"stop_reason": _stop_reason(self.said[-1])}

    def error(self, status: int, text: str) -> dict[str, Any]:
        """Return Anthropic's shape."""
        return errors.anthropic(status, text)

    def _finish(self, piece: Piece) -> list[bytes]:
        stop = [self._of("content_block_stop", index=0)] if self.started else []
        delta = self._of("message_delta", delta={"stop_reason": _stop_reason(piece)}, usage=self._usage(piece))
        return [*stop, delta, self._of("message_stop")]

    def _message(self, content: list[Any], usage: dict[str, int]) -> dict[str, Any]:
        head = {"id": self.id, "type": "message", "role": "assistant", "model": self.model}
        return {**head, "content": content, "usage": usage}

    @staticmethod
    def _of(name: str, **fields: Any) -> bytes:
        return _event(name, {"type": name, **fields})

    @staticmethod
    def _usage(piece: Piece) -> dict[str, int]:
        counts = piece.counts
        return {"input_tokens": counts.get("prompt_eval_count", 0), "output_tokens": counts.get("eval_count", 0)}


def _stop_reason(piece: Piece) -> str:
    return "max_tokens" if piece.reason == "length" else "end_turn"
