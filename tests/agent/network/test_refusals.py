"""Which logins are known to be wrong, over restarts: a file that tells nobody the password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.network.refusals import ROWS_MAX, Refusals, Tried, path_of

if TYPE_CHECKING:
    from pathlib import Path

URL, PASSWORD = "https://panel.example.com", "correct horse"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logins.json"


def of(path: Path, password: str = PASSWORD, user: str = "kim", url: str = URL) -> Refusals:
    return Refusals(str(path), url, user, password)


def test_it_is_below_the_state_folder() -> None:
    assert path_of("/var/lib/x") == "/var/lib/x/logins.json"
    assert path_of("") == ""


def test_what_was_noted_is_known_by_others_with_the_same_credentials(path: Path) -> None:
    assert of(path).recall() is None
    of(path).note(Tried(5, False))
    assert of(path).recall() == Tried(5, False)
    of(path).note(Tried(6, True))
    assert of(path).recall() == Tried(6, True)
    for other in (of(path, "another"), of(path, user="pat"), of(path, url=URL + "/x"), of(path, "m", "ki")):
        assert other.recall() is None
        other.forget()
    of(path).forget()
    assert of(path).recall() is None


def test_the_file_holds_no_secret_and_nothing_that_another_machine_has_too(path: Path, tmp_path: Path) -> None:
    of(path).note(Tried(5, True))
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(part in text for part in (PASSWORD, "correct", "kim", "panel.example"))
    of(tmp_path / "other").note(Tried(5, True))
    [mine], [theirs] = (json.loads(file.read_text())["rows"] for file in (path, tmp_path / "other"))
    assert mine != theirs


def test_the_file_stays_small(path: Path) -> None:
    of(path).note(Tried(1, True))
    kept = json.loads(path.read_text())
    kept["rows"] = {f"{number}": [number, True] for number in range(ROWS_MAX)}
    path.write_text(json.dumps(kept))
    of(path).note(Tried(2, True))
    rows = json.loads(path.read_text())["rows"]
    assert len(rows) == ROWS_MAX
    assert "0" not in rows
    assert of(path).recall() == Tried(2, True)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"salt": 1}', '{"salt": "a", "rows": {"x": 3}}', "[" * 9999, '{"salt": "a", "rows": []}']
)
def test_a_file_that_cannot_be_used_is_none(path: Path, text: str) -> None:
    path.write_text(text)
    assert of(path).recall() is None
    of(path).forget()
    of(path).note(Tried(3, True))
    assert of(path).recall() == Tried(3, True)


def test_without_a_file_or_a_place_for_it_nothing_is_kept(path: Path, tmp_path: Path) -> None:
    for one in (Refusals("", URL, "kim", PASSWORD), of(tmp_path / "no" / "where")):
        one.note(Tried(3, True))
        assert one.recall() is None
        one.forget()
