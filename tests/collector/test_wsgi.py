from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import EnvironBuilder

from wakeful_collector import wsgi

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings


def test_the_application_is_made_of_the_environment_when_it_is_asked_for(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAKEFUL_DATA", str(data))
    monkeypatch.delitem(vars(wsgi), "application", raising=False)
    made: Any = wsgi.application
    assert made is wsgi.application
    assert made.door.data == data
    made.door.close()
    monkeypatch.delitem(vars(wsgi), "application")
    with pytest.raises(AttributeError):
        _ = wsgi.nothing


def test_the_doors_of_the_rooms_stand_between_that_of_the_agents_and_the_pages(settings: Settings) -> None:
    application = wsgi.create_application(settings)
    statuses: list[str] = []

    def ask(path: str) -> bytes:
        environ = EnvironBuilder(path, "http://127.0.0.1:8800", method="POST", data=b"{}").get_environ()
        return b"".join(application(environ, lambda status, *_: statuses.append(status)))

    assert b"POST" not in ask("/api/v1/push"), "an agent without a token"
    assert ask("/ollama/api/chat").startswith(b'{"error":'), "a client without a key, told in Ollama's words"
    ask("/no-such-page")
    assert [one[:3] for one in statuses] == ["401", "401", "404"]
    application.door.close()
