"""One evening with Wakeful, in its short form: every line of its summary holds, and nothing of it is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ..story.chapters import SHORT

pytestmark = [pytest.mark.root, pytest.mark.networks]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 600
"""It takes one and a half minutes where nothing else runs."""


def processes(folder: Path) -> set[int]:
    """Return the processes of a story whose world is in this folder."""
    found = set()
    for one in Path("/proc").glob("[0-9]*"):
        try:
            words = (one / "cmdline").read_bytes() + (one / "environ").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if str(folder).encode() in words:
            found.add(int(one.name))
    return found


def test_every_line_of_the_story_holds_and_nothing_is_left(tmp_path: Path) -> None:
    summary, scratch = tmp_path / "summary.json", Path(tempfile.mkdtemp(prefix="story-"))
    scratch.chmod(0o755)  # one of its agents is of a user without root
    words = [sys.executable, "packaging/story.py", "--short", "--once", "--port", "0", "--summary", str(summary)]
    environ = {**os.environ, "TMPDIR": str(scratch), "NO_COLOR": "1"}
    done = subprocess.run(
        words, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    told = json.loads(summary.read_text("utf-8")) if summary.exists() else []
    broken = [line for chapter in told for line in chapter["checks"] if not line[2]]
    assert not broken, "\n".join([*map(str, broken), done.stdout[-6000:], done.stderr[-2000:]])
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert [chapter["title"] for chapter in told] == [chapter.title for chapter in SHORT]
    assert all(chapter["checks"] for chapter in told)
    assert "\033[" not in done.stdout
    assert list(scratch.iterdir()) == []
    scratch.rmdir()
    assert processes(scratch) == set()
