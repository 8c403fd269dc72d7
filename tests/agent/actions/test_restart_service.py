from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.actions.restart_service import RestartService
from wakeful_agent.host.command import FOLDERS
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host

if TYPE_CHECKING:
    from pathlib import Path


def test_it_restarts_what_the_file_names(tmp_path: Path) -> None:
    program = tmp_path / "rc-service"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    program.chmod(0o755)
    action = RestartService({"services": ["nginx"]})
    assert action.parameters[0].choices == ("nginx",)
    assert action.lacks() == ""
    assert action.commands() == [["rc-service", "nginx", "restart"]]
    outcome = action.run(Host(str(tmp_path), (str(tmp_path),), user_id=0), {"service": "nginx"}, 0)
    assert outcome.done
    assert (tmp_path / "asked").read_text() == "nginx restart\n"


def test_without_services_nothing_can_be_asked() -> None:
    action = RestartService()
    assert "services must name at least one" in action.lacks()
    assert action.parameters[0].problem("nginx")


def test_names_that_are_none_are_found_early() -> None:
    with pytest.raises(HostError):
        RestartService({"services": ["--all"]}).commands()


def test_it_knows_the_service_that_the_agent_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    action = RestartService({"services": ["nginx", "wakeful-agent"]})
    monkeypatch.delenv("RC_SVCNAME", raising=False)
    assert not action.ends_agent(Host(str(tmp_path)), {"service": "wakeful-agent"})
    monkeypatch.setenv("RC_SVCNAME", "wakeful-agent")
    assert action.ends_agent(Host(str(tmp_path)), {"service": "wakeful-agent"})
    assert not action.ends_agent(Host(str(tmp_path)), {"service": "nginx"})


def test_what_the_agent_is_itself_is_restarted_from_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RC_SVCNAME", "wakeful-agent")
    (tmp_path / "rc-service").write_text("#!/bin/sh\n")
    (tmp_path / "rc-service").chmod(0o755)
    action = RestartService({"services": ["wakeful-agent"]})
    action.timeout_seconds = 0.05
    with pytest.raises(HostError, match="did not end the agent"):
        action.run(Host("/", (str(tmp_path), *FOLDERS), user_id=0), {"service": "wakeful-agent"}, 0)
