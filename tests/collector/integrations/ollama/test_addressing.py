"""Where a request goes: prefix, machine, and the path as it was written."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.ollama.addressing import Place, is_ours, place_of

NAMES = {"box", "attic"}


def environ(path: str, raw: str | None = None, query: str = "") -> dict[str, Any]:
    return {"PATH_INFO": path, "QUERY_STRING": query, **({} if raw is None else {"RAW_URI": raw})}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/ollama", Place("", "/ollama", "/", "/")),
        ("/ollama/", Place("", "/ollama", "/", "/")),
        ("/ollama/api/chat", Place("", "/ollama", "/api/chat", "/api/chat")),
        ("/ollama/box", Place("box", "/ollama/box", "/", "/")),
        ("/ollama/box/", Place("box", "/ollama/box", "/", "/")),
        ("/ollama/attic/v1/models", Place("attic", "/ollama/attic", "/v1/models", "/v1/models")),
        ("/ollama/cellar/v1/models", Place("", "/ollama", "/cellar/v1/models", "/cellar/v1/models")),
        ("/ollama//api/tags", Place("", "/ollama", "//api/tags", "//api/tags")),
    ],
)
def test_the_first_segment_names_a_machine_if_there_is_one(path: str, place: Place) -> None:
    assert place_of(environ(path, path), NAMES) == place
    assert place_of(environ(path), NAMES) == place


def test_the_query_goes_along() -> None:
    place = place_of(environ("/ollama/box/api/x", "/ollama/box/api/x?a=%2F&b", "a=%2F&b"), NAMES)
    assert (place.target, place.path) == ("/api/x?a=%2F&b", "/api/x")


def test_the_path_goes_on_as_it_was_written() -> None:
    place = place_of(environ("/ollama/v1/models/a/b:c", "/ollama/v1/models/a%2Fb%3Ac"), NAMES)
    assert place.target == "/v1/models/a%2Fb%3Ac"


def test_a_path_that_another_front_wrote_anew_is_taken_instead() -> None:
    place = place_of(environ("/ollama/box/api/chat", "/gateway/ollama/chat"), NAMES)
    assert (place.machine, place.target) == ("box", "/api/chat")
    place = place_of(environ("/ollama/m\u00c3\u00b6 del%", "/ollama/other"), NAMES)
    assert place.target == "/m%C3%B6%20del%25"


def test_a_request_line_with_a_whole_address_is_understood() -> None:
    place = place_of(environ("/ollama/api/tags", "http://gate:8800/ollama/api/tags"), NAMES)
    assert place.target == "/api/tags"


def test_only_the_gateways_paths_are_its_own() -> None:
    assert [is_ours(path) for path in ("/ollama", "/ollama/x", "/ollamas", "/", "/gateway")] == [
        True,
        True,
        *[False] * 3,
    ]
