"""Which requests may take minutes."""

from __future__ import annotations

import pytest

from wakeful_collector.web.kit_long import is_long


@pytest.mark.parametrize(
    ("path", "is_so"),
    [
        ("/ollama", True),
        ("/ollama/", True),
        ("/ollama/api/chat", True),
        ("/ollama/box/v1/models", True),
        ("/gateway/ollama/chat", True),
        ("/gateway/arrancar", False),
        ("/ollamas", False),
        ("/integrations/ollama", False),
        ("/", False),
    ],
)
def test_the_gateways_paths_are_long(path: str, is_so: bool) -> None:
    assert is_long(path) is is_so
