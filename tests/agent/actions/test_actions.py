from __future__ import annotations

import pytest

from wakeful_agent import actions
from wakeful_agent.action import DANGERS


@pytest.mark.parametrize("name", actions.names())
def test_every_action_of_the_table_is_what_it_says(name: str) -> None:
    made = actions.load(name)
    assert made.name == name
    assert made.danger in DANGERS
    assert made.help
    assert made().lacks(), "an action of the agent's own does nothing until agent.toml says to what"
