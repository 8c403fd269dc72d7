"""Pauses are files: written by commands, by the CLI, and by hand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.daemon import pauses
from wakeful_agent.daemon.pauses import Pause

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_763_716_800_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("90m", 5400), ("2h", 7200), ("1d", 86_400), ("0s", None), ("2", None), ("h", None), ("-1h", None)],
)
def test_spans(text: str, seconds: int | None) -> None:
    assert pauses.parse_span(text) == seconds


def test_what_a_file_says() -> None:
    assert pauses.parse_pause("", NOW_MS) == Pause(0)
    assert pauses.parse_pause("2h\n", NOW_MS) == Pause(NOW_MS + 7_200_000)
    assert pauses.parse_pause("1d new disks", NOW_MS) == Pause(NOW_MS + 86_400_000, "new disks")
    assert pauses.parse_pause("2h new\ndisks", NOW_MS).why == "new\ufffddisks"
    assert pauses.parse_pause("new disks", NOW_MS) == Pause(0, "new disks")
    assert pauses.parse_pause("0s 2h window", NOW_MS) == Pause(0, "2h window")


def test_a_pause_holds_from_when_its_file_was_written_and_is_removed_when_it_is_over(tmp_path: Path) -> None:
    assert pauses.read(str(tmp_path), NOW_MS) == {}
    pauses.begin(str(tmp_path), "web", 7200, "by ada")
    file = tmp_path / "paused" / "web"
    os.utime(file, (NOW_MS / 1000, NOW_MS / 1000))
    assert pauses.read(str(tmp_path), NOW_MS) == {"web": Pause(NOW_MS + 7_200_000, "by ada")}
    assert pauses.read(str(tmp_path), NOW_MS + 7_199_999)
    assert pauses.read(str(tmp_path), NOW_MS + 7_200_000) == {}
    assert not file.exists()


def test_a_pause_without_an_end_is_ended_by_removing_it(tmp_path: Path) -> None:
    assert not pauses.end(str(tmp_path), "web"), "nothing was ever paused here"
    pauses.begin(str(tmp_path), "web", 0, "by ada")
    assert pauses.read(str(tmp_path), NOW_MS * 2) == {"web": Pause(0, "by ada")}
    pauses.begin(str(tmp_path), "web", 0, "2h window, see the plan")
    assert pauses.read(str(tmp_path), NOW_MS * 2) == {"web": Pause(0, "2h window, see the plan")}
    assert pauses.end(str(tmp_path), "web")
    assert not pauses.end(str(tmp_path), "web")
    assert pauses.read(str(tmp_path), NOW_MS) == {}


def test_what_cannot_be_read_or_removed_is_no_pause_and_no_failure(tmp_path: Path) -> None:
    folder = tmp_path / "paused"
    folder.mkdir()
    (folder / "folder").mkdir()
    (folder / ".hidden").write_text("")
    (folder / "link").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe")
    assert set(pauses.read(str(tmp_path), NOW_MS)) <= {"pipe"}


def test_what_is_over_and_cannot_be_removed_is_over_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses.begin(str(tmp_path), "web", 1, "")
    os.utime(tmp_path / "paused" / "web", (1, 1))

    def refuse(path: str, **_: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "unlink", refuse)
    assert pauses.read(str(tmp_path), NOW_MS) == {}


def test_of_its_own_pause_and_that_of_all_the_longer_holds() -> None:
    found = {"web": Pause(10), "all": Pause(20), "db": Pause(0)}
    assert pauses.of("web", found) == Pause(20)
    assert pauses.of("db", found) == Pause(0)
    assert pauses.of("mail", {"web": Pause(10)}) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_belongs_to_the_agents_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 4711, 4711)
    pauses.begin(str(tmp_path), "all", 60, "by root")
    assert (tmp_path / "paused").stat().st_uid == (tmp_path / "paused" / "all").stat().st_uid == 4711


def test_links_that_the_agents_user_put_there_lead_nobody_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "shadow").write_text("root")
    state = tmp_path / "state"
    state.mkdir()
    (state / "paused").symlink_to(elsewhere)
    with pytest.raises(NotADirectoryError):
        pauses.begin(str(state), "web", 0, "by ada")
    assert pauses.read(str(state), NOW_MS) == {}
    with pytest.raises(NotADirectoryError):
        pauses.end(str(state), "shadow")
    assert sorted(os.listdir(elsewhere)) == ["shadow"]
    (state / "paused").unlink()
    (state / "paused").mkdir()
    os.link(elsewhere / "shadow", state / "paused" / "web")
    (state / "paused" / f".web.{os.getpid()}").symlink_to(elsewhere / "shadow")
    pauses.begin(str(state), "web", 0, "by ada")
    assert (elsewhere / "shadow").read_text() == "root"
    assert pauses.read(str(state), NOW_MS) == {"web": Pause(0, "by ada")}
    assert os.listdir(state / "paused") == ["web"]


def test_a_pause_that_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "paused" / "web").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        pauses.begin(str(tmp_path), "web", 0, "by ada")
    assert os.listdir(tmp_path / "paused") == ["web"]
