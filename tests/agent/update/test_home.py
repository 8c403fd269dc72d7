"""The installation: links that always lead somewhere, a trial, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.update.home import Busy, Home

from .workshop import installed

if TYPE_CHECKING:
    from pathlib import Path


def test_a_trial_that_is_passed(tmp_path: Path) -> None:
    home = Home(str(installed(tmp_path, "0.9", "1.0")))
    (tmp_path / "versions" / "2.0").mkdir()
    (tmp_path / "versions" / "2.0" / "wakeful-agent").write_text("")
    home.say("failed", "1.5")
    home.begin_trial("2.0")
    assert (home.version("current"), home.version("previous")) == ("2.0", "1.0")
    assert (home.word("trial"), home.word("failed")) == ("2.0", "")
    home.pass_trial()
    assert home.word("trial") == ""
    assert sorted(path.name for path in (tmp_path / "versions").iterdir()) == ["1.0", "2.0"]


def test_a_trial_that_fails(tmp_path: Path) -> None:
    home = Home(str(installed(tmp_path, "1.0", "2.0")))
    home.say("trial", "2.0")
    assert home.fail_trial() == "1.0"
    assert (home.version("current"), home.word("trial"), home.word("failed")) == ("1.0", "", "2.0")
    assert [path.name for path in (tmp_path / "versions").iterdir()] == ["1.0"]
    assert home.fail_trial() == "1.0"
    assert home.word("failed") == "2.0"


def test_the_launcher_may_have_gone_back_before(tmp_path: Path) -> None:
    home = Home(str(installed(tmp_path, "2.0", "1.0")))
    home.say("trial", "2.0")
    assert home.fail_trial() == "1.0"


def test_a_link_that_was_left_half_made_does_not_matter(tmp_path: Path) -> None:
    home = Home(str(installed(tmp_path, "1.0", "2.0")))
    (tmp_path / ".current").symlink_to("nowhere")
    home.say("trial", "2.0")
    assert home.fail_trial() == "1.0"


def test_what_is_not_installed_is_empty(tmp_path: Path) -> None:
    home = Home(str(tmp_path))
    assert (home.version("current"), home.word("trial")) == ("", "")
    (tmp_path / "current").symlink_to("versions/gone")
    assert home.version("current") == ""


def test_one_update_at_a_time(tmp_path: Path) -> None:
    one, other = Home(str(tmp_path)), Home(str(tmp_path))
    one.lock()
    with pytest.raises(Busy, match="another update"):
        other.lock()
    one.unlock()
    other.lock()
    other.unlock()
    other.unlock()
