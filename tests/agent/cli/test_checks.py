"""What `doctor` looks at, where this user may not see it all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wakeful_agent.bootstrap import Place
from wakeful_agent.cli import checks as checks_of
from wakeful_agent.config import Folders

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_lock_that_this_user_may_not_see_says_nothing_of_the_agent(
    agent_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hide(path: str, _flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    place = Place(Folders(str(agent_folders / "config"), str(agent_folders / "state")), {})
    monkeypatch.setattr(os, "open", hide)
    check = checks_of.running(place)
    assert (check.state, check.text) == ("mind", "whether it runs is hidden from this user")
    assert check.fix.endswith("/state wakeful-agent doctor")
