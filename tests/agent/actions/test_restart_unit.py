from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.actions.restart_unit import RestartUnit
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host

if TYPE_CHECKING:
    from pathlib import Path


def test_it_restarts_what_the_file_names(tmp_path: Path) -> None:
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    program.chmod(0o755)
    action = RestartUnit({"units": ["nginx.service"]})
    assert action.parameters[0].choices == ("nginx.service",)
    assert action.lacks() == ""
    assert action.commands() == [["systemctl", "restart", "nginx.service"]]
    outcome = action.run(Host(str(tmp_path), (str(tmp_path),), user_id=0), {"unit": "nginx.service"}, 0)
    assert outcome.done
    assert (tmp_path / "asked").read_text() == "restart nginx.service\n"


def test_without_units_nothing_can_be_asked() -> None:
    action = RestartUnit()
    assert "units must name at least one" in action.lacks()
    assert action.parameters[0].problem("nginx.service")


def test_names_that_are_none_are_found_early() -> None:
    with pytest.raises(HostError):
        RestartUnit({"units": ["--all"]}).commands()


def test_it_knows_the_unit_that_the_agent_runs_in(tmp_path: Path) -> None:
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_text("0::/system.slice/wakeful-agent.service\n")
    action = RestartUnit({"units": ["nginx", "wakeful-agent"]})
    assert action.ends_agent(Host(str(tmp_path)), {"unit": "wakeful-agent"})
    assert not action.ends_agent(Host(str(tmp_path)), {"unit": "nginx"})
