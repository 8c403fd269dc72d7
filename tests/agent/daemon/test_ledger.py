from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.daemon.ledger import KEPT_MS, WHOLE_MAX, Ledger

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_000_000_000


def result(command: str, state: str = "done") -> dict[str, Any]:
    return {"command": command, "state": state, "data": {"summary": "it went well"}}


def again(path: Path, now_ms: int = NOW_MS) -> Ledger:
    ledger = Ledger(str(path))
    assert ledger.restore(now_ms) == ""
    return ledger


def test_a_command_is_on_disk_before_it_runs(tmp_path: Path) -> None:
    ledger = again(tmp_path / "commands.json")
    assert ledger.state("a") is None
    assert ledger.begin("a", NOW_MS + 10, NOW_MS) == ""
    assert ledger.state("a") == "running"
    other = again(tmp_path / "commands.json")
    assert other.state("a") == "running"
    assert other.running() == ["a"]
    assert other.times_ms() == [NOW_MS]


def test_a_result_is_on_disk_until_it_was_told(tmp_path: Path) -> None:
    ledger = again(tmp_path / "commands.json")
    ledger.begin("a", NOW_MS + 10, NOW_MS)
    ledger.end("a", result("a"))
    other = again(tmp_path / "commands.json")
    assert other.running() == []
    assert other.untold() == [result("a")]
    assert other.result("a") == result("a")
    other.told(["a", "b"])
    assert other.save() == ""
    third = again(tmp_path / "commands.json")
    assert third.untold() == []
    assert third.state("a") == "done"


def test_ids_are_forgotten_long_after_their_end_and_no_sooner(tmp_path: Path) -> None:
    ledger = again(tmp_path / "commands.json")
    ledger.begin("a", NOW_MS + 10, NOW_MS)
    ledger.begin("b", NOW_MS + 10, NOW_MS)
    ledger.end("a", result("a"))
    last_ms = NOW_MS + 10 + KEPT_MS
    assert again(tmp_path / "commands.json", last_ms - 1).state("a") == "done"
    assert again(tmp_path / "commands.json", last_ms).state("a") is None
    assert again(tmp_path / "commands.json", last_ms).state("b") == "running", "one that did not end is never forgotten"


def test_old_results_are_kept_short(tmp_path: Path) -> None:
    ledger = again(tmp_path / "commands.json")
    for number in range(WHOLE_MAX + 2):
        ledger.begin(f"c{number}", NOW_MS + 10, NOW_MS)
        ledger.end(f"c{number}", result(f"c{number}"))
        if number:
            ledger.told([f"c{number}"])
    ledger.begin("last", NOW_MS + 10, NOW_MS)
    assert ledger.result("c0")["data"], "what was not told is kept whole"
    assert ledger.result("c1")["data"] == {}
    assert ledger.state("c1") == "done"
    assert ledger.result("c2")["data"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"a": 1}',
        '{"a": {"at": 1}}',
        '{"a": {"at": "x", "expires": 1, "result": null, "told": false}}',
        '{"a": {"at": 1, "expires": 1, "result": 5, "told": false}}',
        '{"a": {"at": 1, "expires": 1, "result": {"command": "a"}, "told": false}}',
    ],
)
def test_a_file_that_is_spoiled_is_said_and_not_believed(tmp_path: Path, text: str) -> None:
    file = tmp_path / "commands.json"
    file.write_text(text)
    ledger = Ledger(str(file))
    assert "cannot be read" in ledger.restore(NOW_MS)
    assert ledger.running() == []


def test_what_cannot_be_written_does_not_begin(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path / "nowhere" / "commands.json"))
    assert ledger.restore(NOW_MS) == ""
    assert "No such file" in ledger.begin("a", NOW_MS, NOW_MS)
    assert ledger.state("a") is None


def test_the_file_is_the_agents_alone(tmp_path: Path) -> None:
    again(tmp_path / "commands.json").begin("a", NOW_MS + 10, NOW_MS)
    assert (tmp_path / "commands.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "commands.json").read_text())["a"]["result"] is None


def test_what_ends_the_agent_is_marked_on_disk(tmp_path: Path) -> None:
    ledger = again(tmp_path / "commands.json")
    for command in ("a", "b"):
        ledger.begin(command, NOW_MS + 10, NOW_MS)
    ledger.expect_end("b")
    other = again(tmp_path / "commands.json")
    assert [other.ends_agent(command) for command in other.running()] == [False, True]
    rows = json.loads((tmp_path / "commands.json").read_text())
    del rows["a"]["ends"]  # as those before wrote it
    (tmp_path / "commands.json").write_text(json.dumps(rows))
    assert not again(tmp_path / "commands.json").ends_agent("a")
