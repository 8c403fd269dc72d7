"""What an Ollama does, asked by the official `openai` client and by hand: `/v1`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest

from .ollama_clients import PROMPT, compatible

if TYPE_CHECKING:
    from .ollama import Ollama
    from .ollama_clients import Hand


class V1Suite:
    """`/v1`: sections 2.2 and 2.4 of the facts."""

    @pytest.fixture
    def client(self, hand: Hand) -> Any:
        return compatible(hand.url, hand.key, max_retries=0)

    def test_chat(self, client: Any) -> None:
        whole = client.chat.completions.create(model="gem", messages=PROMPT)
        assert whole.choices[0].message.content == "You said: the quick brown fox"
        assert (whole.choices[0].finish_reason, whole.usage.total_tokens) == ("stop", 10)

    def test_chat_streams(self, hand: Hand, client: Any) -> None:
        options = {"include_usage": True}
        chunks = list(client.chat.completions.create(model="gem", messages=PROMPT, stream=True, stream_options=options))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "You said: the quick brown fox"
        assert chunks[-2].choices[0].finish_reason == "stop"
        assert chunks[-1].choices == []
        assert chunks[-1].usage.completion_tokens == 6
        answer = hand.ask("POST", "/v1/chat/completions", {"model": "gem", "messages": PROMPT, "stream": True})
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.body.endswith(b"data: [DONE]\n\n")
        assert json.loads(answer.body.split(b"\n\n")[-3][6:])["choices"][0]["delta"] == {}

    def test_tools_and_json(self, client: Any) -> None:
        schema = {"type": "object", "properties": {"city": {"type": "string"}}}
        tool = {"type": "function", "function": {"name": "weather", "parameters": schema}}
        called = client.chat.completions.create(model="thinker:1b", messages=PROMPT, tools=[tool]).choices[0]
        assert called.finish_reason == "tool_calls"
        assert json.loads(called.message.tool_calls[0].function.arguments) == {"city": "word"}
        form = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
        made = client.chat.completions.create(model="gem", messages=PROMPT, response_format=form)
        assert json.loads(made.choices[0].message.content) == {"city": "word"}

    def test_completions(self, client: Any) -> None:
        assert client.completions.create(model="gem", prompt="a b").choices[0].text == "You said: a b"
        chunks = list(client.completions.create(model="gem", prompt="a b", max_tokens=2, stream=True))
        assert "".join(chunk.choices[0].text for chunk in chunks) == "You said:"
        assert chunks[-1].choices[0].finish_reason == "length"

    def test_responses(self, client: Any) -> None:
        assert client.responses.create(model="gem", input="hey").output_text == "You said: hey"
        events = list(client.responses.create(model="gem", input="hey", stream=True))
        assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]
        assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "You said: hey"
        assert [event.sequence_number for event in events] == list(range(len(events)))

    def test_messages(self, hand: Hand) -> None:
        body: dict[str, Any] = {"model": "gem", "max_tokens": 100, "messages": PROMPT}
        whole = hand.ask("POST", "/v1/messages", body).json()
        assert whole["content"] == [{"type": "text", "text": "You said: the quick brown fox"}]
        streamed = hand.ask("POST", "/v1/messages", {**body, "stream": True})
        names = [line[7:] for line in streamed.body.decode().splitlines() if line.startswith("event: ")]
        assert [names[0], names[1], *names[-3:]] == [
            "message_start",
            "content_block_start",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
        assert b"[DONE]" not in streamed.body
        refused = hand.ask("POST", "/v1/messages", {**body, "model": "nope"})
        assert refused.status == 404
        assert refused.json()["error"] == {"type": "not_found_error", "message": "model 'nope' not found"}
        assert refused.json()["type"] == "error"
        assert refused.json()["request_id"]
        assert hand.ask("POST", "/v1/messages", {"model": "gem", "messages": PROMPT}).status == 400

    def test_embeddings_in_both_forms(self, client: Any) -> None:
        packed = client.embeddings.create(model="embedder", input=["a", "b"]).data
        plain = client.embeddings.create(model="embedder", input=["a", "b"], encoding_format="float").data
        assert packed[1].embedding == pytest.approx(plain[1].embedding)
        with pytest.raises(openai.BadRequestError, match="Invalid value for 'encoding_format' = hex"):
            client.embeddings.create(model="embedder", input="a", encoding_format="hex")

    def test_models(self, client: Any) -> None:
        assert {model.id for model in client.models.list()} == {"gem:latest", "thinker:1b", "embedder:latest"}
        assert client.models.retrieve("gem").id == "gem"

    def test_errors_have_the_shape_of_openai(self, hand: Hand, upstream: Ollama, client: Any) -> None:
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(model="nope", messages=PROMPT)
        error = {"message": "model 'nope' not found", "type": "not_found_error", "param": None, "code": None}
        assert caught.value.body == error
        upstream.fail("busy")
        with pytest.raises(openai.InternalServerError) as busy:
            client.completions.create(model="gem", prompt="x")
        assert (busy.value.status_code, busy.value.body["type"]) == (503, "api_error")
        upstream.fail("error")
        answer = hand.ask("POST", "/v1/completions", {"model": "gem", "prompt": "x", "stream": True})
        assert answer.status == 500
        assert answer.headers["content-type"] == "application/json"

    def test_a_failure_on_the_way_is_an_empty_piece_and_no_end(self, upstream: Ollama, client: Any) -> None:
        upstream.fail("error", after=2)
        chunks = list(client.chat.completions.create(model="gem", messages=PROMPT, stream=True))
        assert [chunk.model for chunk in chunks] == ["gem", "gem", ""]
        assert chunks[-1].choices[0].finish_reason is None

    def test_a_client_that_retries(self, hand: Hand, upstream: Ollama) -> None:
        upstream.fail("busy", times=2)
        client = compatible(hand.url, hand.key)
        assert client.completions.create(model="gem", prompt="x").choices[0].text == "You said: x"
        counts = [visit.header("x-stainless-retry-count") for visit in upstream.seen("/v1/completions")]
        assert counts == ["0", "1", "2"]
