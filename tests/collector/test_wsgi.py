from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import wsgi

if TYPE_CHECKING:
    from pathlib import Path


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
