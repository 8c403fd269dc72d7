"""Why a file cannot be used, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.config.errors import why

if TYPE_CHECKING:
    from pathlib import Path


def test_what_python_says_twice_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Errno 2") as caught:
        (tmp_path / "nothing").read_text()
    assert why(caught.value) == "No such file or directory"
    assert why(OSError("told so")) == "told so"
    assert why(ValueError("no object")) == "no object"
    assert why(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")) == "it is no text in UTF-8"
