from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent import watch as shape
from wakeful_agent.action import Outcome
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.options import Option
from wakeful_agent.watch import Sight, Watch

if TYPE_CHECKING:
    from pathlib import Path


class Lamp(Watch):
    kind = "lamp"
    options = (Option("room", "hall", "which room"), Option("password_file", "", "a file"))


def test_options_that_are_not_given_have_their_defaults() -> None:
    assert Lamp("a", {}).chosen == {"room": "hall", "password_file": ""}
    assert Lamp("a", {"room": "attic"}).chosen["room"] == "attic"


def test_by_default_it_checks_nothing_and_fights_with_nobody() -> None:
    assert Lamp.check({"room": "hall"}) == []
    assert Lamp.subject({"room": "hall"}) == ""
    assert Lamp.commands({"room": "hall"}) == ()
    assert Lamp("a", {}).inventory() is None
    assert Sight(shape.UP) == Sight("up", "", {})


def test_a_named_action_repairs_it(tmp_path: Path) -> None:
    host = Host(str(tmp_path))
    lamp = Lamp("a", {}, lambda _host, now_ms: Outcome(True, f"lit at {now_ms}"))
    assert lamp.repair(host, 5) == Outcome(True, "lit at 5")


def test_what_a_kind_does_not_do_is_plain(tmp_path: Path) -> None:
    host, lamp = Host(str(tmp_path)), Lamp("a", {})
    with pytest.raises(HostError, match="no action of its own"):
        lamp.repair(host, 0)
    with pytest.raises(HostError, match="not looked at"):
        lamp.look(host, 0)
    with pytest.raises(HostError, match="does not hear"):
        lamp.begin(lambda _sight: None)
    with pytest.raises(HostError, match=r"cannot lamp\.off"):
        lamp.perform("lamp.off", host, 0)
    assert lamp.end() is None  # type: ignore[func-returns-value]  # there is nothing to end


def test_a_secret_comes_from_a_file_of_its_own(tmp_path: Path) -> None:
    host = Host(str(tmp_path))
    assert Lamp("a", {}).secret(host) == ""
    file = tmp_path / "secret"
    file.write_text("hunter2\n")
    file.chmod(0o600)
    lamp = Lamp("a", {"password_file": "/secret"})
    assert lamp.secret(host) == "hunter2"
    file.chmod(0o644)
    with pytest.raises(Denied):
        lamp.secret(host)
