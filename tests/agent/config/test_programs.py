from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.config import Folders, load
from wakeful_agent.config.metering import Origin
from wakeful_agent.config.orders import ActionSetting
from wakeful_agent.config.programs import mind

if TYPE_CHECKING:
    from pathlib import Path

LINES = {"action.0.argv": 3}


def minded(path: Path, user_id: int = 0, **more: Any) -> list[str]:
    actions = [ActionSetting("deploy", (str(path),), **more)]
    return [str(one) for one in mind(actions, Origin("agent.toml", LINES, {}), user_id)]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "deploy"
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_nothing_is_to_be_minded_of_an_ordinary_program(program: Path) -> None:
    assert minded(program) == []
    assert minded(program, os.geteuid()) == []


def test_a_program_that_is_not_there_or_none(program: Path, tmp_path: Path) -> None:
    (missing,) = minded(tmp_path / "gone")
    assert missing.startswith(f"agent.toml:3: deploy: {tmp_path}/gone cannot be started: No such file")
    (folder,) = minded(tmp_path)
    assert "is no program" in folder


@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_a_program_that_others_may_change(program: Path, mode: int) -> None:
    program.chmod(mode)
    (found,) = minded(program)
    assert "whoever does decides what runs" in found
    assert f"chmod go-w {program}" in found


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file away")
def test_a_program_that_runs_as_root_and_is_somebody_elses(program: Path) -> None:
    os.chown(program, 4242, -1)
    (found,) = minded(program, as_root=True)
    assert "belongs to user 4242, who could change it" in found
    assert minded(program) == []


def test_it_is_among_what_check_config_minds(tmp_path: Path, program: Path) -> None:
    program.chmod(0o777)
    file = tmp_path / "agent.toml"
    file.write_text(f'[[action]]\nname = "deploy"\nargv = ["{program}"]\n')
    file.chmod(0o600)
    (warning,) = load(Folders(str(tmp_path), str(tmp_path)), {}, {}).warnings
    assert warning.line == 3
    assert "may be changed by others" in warning.text
