"""A release that was heard by its collector says so, once, in a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wakeful_agent.daemon.proving import Proof, read
from wakeful_wire.answer import Answer

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = Answer(1, None, [], 0, [])


def test_the_first_answer_is_written_down_and_all_are_passed_on(tmp_path: Path) -> None:
    heard: list[Answer] = []
    path = tmp_path / "proven"
    proof = Proof(str(path), "1.2.3", heard.append)
    assert read(str(path)) == ""
    proof.answered(ANSWER)
    assert read(str(path)) == "1.2.3"
    path.unlink()
    proof.answered(ANSWER)
    assert not path.exists()
    assert len(heard) == 2


def test_what_is_written_already_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "proven"
    path.write_text("1.2.3\n")
    before = path.stat().st_ino
    Proof(str(path), "1.2.3", lambda _answer: None).answered(ANSWER)
    assert path.stat().st_ino == before
    Proof(str(path), "1.2.4", lambda _answer: None).answered(ANSWER)
    assert read(str(path)) == "1.2.4"


def test_a_disk_that_takes_nothing_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "later" / "proven"
    proof = Proof(str(path), "1.2.3", lambda _answer: None)
    proof.answered(ANSWER)
    path.parent.mkdir()
    proof.answered(ANSWER)
    assert read(str(path)) == "1.2.3"


def test_what_is_no_plain_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    assert read(str(tmp_path / "link")) == ""
    assert read(str(tmp_path / "pipe")) == ""
    assert read(str(tmp_path)) == ""
