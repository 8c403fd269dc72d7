"""A container, asked for over the engine's socket and restarted by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.errors import Absent
from wakeful_agent.host.files import Host
from wakeful_agent.watch import DOWN, HELD, STARTING, STOPPED, UNKNOWN, UP
from wakeful_agent.watches.container import ContainerWatch

from ...fakes.docker_engine import docker_engine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("about", "state", "detail"),
    [
        ({}, UP, ""),
        ({"status": "Up 5 minutes (healthy)"}, UP, "healthy"),
        ({"status": "Up 2 seconds (health: starting)"}, STARTING, "starting"),
        ({"status": "Up 5 minutes (unhealthy)"}, DOWN, "it runs, and its own check fails"),
        ({"state": "exited", "status": "Exited (3) 2 minutes ago"}, DOWN, "it ended with 3"),
        (
            {"state": "exited", "status": "Exited (0) 2 minutes ago"},
            STOPPED,
            "it was stopped, or ended by itself with 0",
        ),
        (
            {"state": "exited", "status": "Exited (143) 1 second ago"},
            STOPPED,
            "it was stopped, or ended by itself with 143",
        ),
        ({"state": "dead", "status": "Dead"}, DOWN, "it ended with None"),
        ({"state": "paused", "status": "Up 2 minutes (Paused)"}, HELD, "it is paused"),
        ({"state": "created"}, DOWN, "it was never started"),
        (
            {"state": "restarting", "status": "Restarting (1) 2 seconds ago"},
            DOWN,
            "it ended, and the engine waits to start it again",
        ),
        ({"state": "removing", "status": "Removal In Progress"}, UNKNOWN, "it is removing"),
    ],
)
def test_how_it_stands(tmp_path: Path, about: dict[str, Any], state: str, detail: str) -> None:
    (tmp_path / "run").mkdir()
    with docker_engine(tmp_path / "run") as engine:
        engine.add("other")
        engine.add("web", **about)
        sight = ContainerWatch("web", {"container": "web"}).look(Host(str(tmp_path)), 0)
    assert (sight.state, sight.detail) == (state, detail)


def test_it_is_found_by_its_id_and_one_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    with docker_engine(tmp_path) as engine:
        web = engine.add("web")
        options = {"container": web[:12], "socket": engine.socket_path}
        assert ContainerWatch("web", options).look(Host(), 0).state == UP
        assert ContainerWatch("web", {**options, "container": web[:11]}).look(Host(), 0).state == UNKNOWN


def test_it_is_restarted(tmp_path: Path) -> None:
    with docker_engine(tmp_path) as engine:
        engine.add("web", state="exited")
        one = ContainerWatch("web", {"container": "web", "socket": engine.socket_path})
        assert one.look(Host(), 0).state == DOWN
        assert one.repair(Host(), 0).done
        assert one.look(Host(), 0).state == UP


def test_without_an_engine_nobody_can_tell(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="no engine's socket"):
        ContainerWatch("web", {"container": "web"}).look(Host(str(tmp_path)), 0)
    assert ContainerWatch.subject({"container": "web"}) == "web"
    assert ContainerWatch.subject({"container": "web", "socket": "/run/p.sock"}) == "web /run/p.sock"
