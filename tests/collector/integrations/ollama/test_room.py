"""What the room offers to the collector, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.app import create_app
from wakeful_collector.integrations.ollama.room import ROOM
from wakeful_collector.rooms import INTEGRATIONS
from wakeful_collector.worker import JOBS

if TYPE_CHECKING:
    from wakeful_collector.config import Settings


def test_it_is_one_of_the_collectors_rooms(settings: Settings) -> None:
    assert ROOM in INTEGRATIONS
    assert {job.name for job in ROOM.jobs} <= {job.name for job in JOBS}
    assert "gateway_environment" in {job.name for job in ROOM.jobs}
    rules = {rule.rule for rule in create_app(settings).url_map.iter_rules()}
    assert {"/gateway/", "/gateway/status", "/integrations/ollama"} <= {
        rule.rstrip("/") or "/" for rule in rules
    } | rules


def test_its_doors_stand_before_the_pages(settings: Settings) -> None:
    statuses: list[str] = []

    def pages(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"pages"]

    assert ROOM.front is not None
    door = ROOM.front(settings, pages, lambda _: "192.0.2.7")

    def ask(path: str) -> bytes:
        environ = {"PATH_INFO": path, "REQUEST_METHOD": "POST", "HTTP_HOST": "127.0.0.1:8800", "QUERY_STRING": ""}
        return b"".join(door(environ, lambda status, *_: statuses.append(status)))

    assert b"detail" in ask("/gateway/ollama/chat")
    assert b"error" in ask("/ollama/api/chat")
    assert ask("/gateway/status") == ask("/hosts") == b"pages"
    assert [status[:3] for status in statuses] == ["401", "401", "200", "200"]
