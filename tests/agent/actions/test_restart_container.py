from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.actions.restart_container import RestartContainer
from wakeful_agent.host.errors import Absent, HostError
from wakeful_agent.host.files import Host

from ...fakes.docker_engine import docker_engine

if TYPE_CHECKING:
    from pathlib import Path


def test_it_restarts_what_the_file_names(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with docker_engine(tmp_path / "run") as engine:
        web = engine.add("web", state="exited")
        action = RestartContainer({"containers": ["web"]})
        assert action.parameters[0].choices == ("web",)
        outcome = action.run(Host(str(tmp_path)), {"container": "web"}, 0)
        assert outcome.done
        assert engine.containers[web]["state"] == "running"
        assert engine.containers[web]["restarts"] == 0


def test_a_socket_can_be_named(tmp_path: Path) -> None:
    with docker_engine(tmp_path) as engine:
        engine.add("web")
        action = RestartContainer({"containers": ["web"], "socket": engine.socket_path})
        assert action.run(Host(str(tmp_path / "elsewhere")), {"container": "web"}, 0).done


def test_what_the_engine_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with docker_engine(tmp_path / "run"), pytest.raises(HostError, match="404"):
        RestartContainer({"containers": ["web"]}).run(Host(str(tmp_path)), {"container": "web"}, 0)


def test_without_an_engine_or_names_nothing_can_be_asked(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="no engine's socket"):
        RestartContainer({"containers": ["web"]}).run(Host(str(tmp_path)), {"container": "web"}, 0)
    assert "containers must name at least one" in RestartContainer().lacks()
    assert RestartContainer({"containers": ["web"]}).lacks() == ""
