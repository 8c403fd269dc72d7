from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

import pytest

from wakeful_agent import action
from wakeful_agent.action import Action, Outcome, Parameter
from wakeful_agent.host.files import Host
from wakeful_agent.options import Option

if TYPE_CHECKING:
    from pathlib import Path


class Ring(Action):
    name = "ring"
    help = "Rings a bell"
    options = (Option("bells", ["small"], "which bells there are"),)

    def takes(self) -> tuple[Parameter, ...]:
        return (Parameter("bell", "choice", choices=tuple(self.chosen["bells"])),)

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        self.tell("bell.rang", arguments["bell"], {})
        return Outcome(True, "it rang")


def test_its_parameters_follow_its_options() -> None:
    assert Ring().parameters[0].choices == ("small",)
    assert Ring({"bells": ["big", "small"]}).parameters[0].choices == ("big", "small")


def test_it_is_announced() -> None:
    assert Ring().document() == {
        "name": "ring",
        "danger": "changes",
        "help": "Rings a bell",
        "timeout_seconds": 60.0,
        "parameters": {"bell": {"kind": "choice", "required": True, "choices": ["small"]}},
    }


def test_what_it_would_do_is_told_without_doing_it() -> None:
    assert Ring().plan({"bell": "small"}) == "ring with bell 'small'"
    assert Ring().plan({}) == "ring"


def test_by_default_it_lacks_nothing_needs_no_root_and_tells_nobody(tmp_path: Path) -> None:
    ring = Ring()
    assert ring.lacks() == ""
    assert list(ring.commands()) == []
    assert ring.run(Host(str(tmp_path)), {"bell": "small"}, 0).done
    assert Action.takes(ring) == ()


def test_the_shape_cannot_be_used_itself() -> None:
    with pytest.raises(TypeError):
        Action()  # type: ignore[abstract]  # that is what is tested
    assert action.DANGERS == ("none", "changes", "destroys")


def test_the_agent_goes_on_as_a_rule() -> None:
    assert not Ring().ends_agent(Host(), {"bell": "small"})
