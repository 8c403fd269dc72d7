"""May this command run? Every way in which a collector could get more than the machine's own file permits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.action import Parameter
from wakeful_agent.actions.named import NamedAction
from wakeful_agent.config.orders import ActionSetting, Policy
from wakeful_agent.guard import AHEAD_MS_MAX, HOUR_MS, Seen, expired, judge
from wakeful_wire.answer import Command

NOW_MS = 1_800_000_000_000
PARAMETERS = (Parameter("unit", "choice", choices=("nginx.service",)), Parameter("count", "number", least=1, most=3))
ACTIONS = {
    name: NamedAction(ActionSetting(name, ("/bin/true", "{unit}"), parameters=PARAMETERS)) for name in ("web", "other")
}
POLICY = Policy(allow=("web", "gone"), per_hour=3)
NOTHING = Seen((), ())
GOOD: dict[str, Any] = {"unit": "nginx.service", "count": 2}


def order(
    action: str = "web", arguments: dict[str, Any] | None = None, expires_ms: int = NOW_MS + 1000, command: str = "c1"
) -> Command:
    return Command(command, action, GOOD if arguments is None else arguments, expires_ms)


def test_what_is_known_permitted_new_and_in_time_may_run() -> None:
    assert judge(order(), ACTIONS, POLICY, NOTHING, NOW_MS) == ""


@pytest.mark.parametrize(
    ("command", "seen", "reason"),
    [
        (order("other"), NOTHING, "does not permit 'other'"),
        (order("WEB"), NOTHING, "does not permit 'WEB'"),
        (order("web "), NOTHING, "does not permit 'web '"),
        (order("../web"), NOTHING, "does not permit"),
        (order("gone"), NOTHING, "cannot be done here"),
        (order(), Seen({"c1"}, ()), "was taken up before"),
        (order(expires_ms=NOW_MS), NOTHING, "expired 0 s ago"),
        (order(expires_ms=0), NOTHING, "expired"),
        (order(expires_ms=NOW_MS + AHEAD_MS_MAX + 1), NOTHING, "more than a day ahead"),
        (order(arguments={}), NOTHING, "unit is missing; count is missing"),
        (order(arguments={**GOOD, "unit": "sshd.service"}), NOTHING, "one of the choices"),
        (order(arguments={**GOOD, "argv": ["id"]}), NOTHING, "takes no argument 'argv'"),
        (order(arguments={**GOOD, "count": "2"}), NOTHING, "whole number"),
        (order(), Seen((), [NOW_MS - 1, NOW_MS - 2, NOW_MS - HOUR_MS + 1]), "3 commands ran within an hour"),
        (order(), Seen((), [NOW_MS + 5, NOW_MS + HOUR_MS - 1, NOW_MS]), "3 commands ran within an hour"),
    ],
)
def test_why_a_command_does_not_run(command: Command, seen: Seen, reason: str) -> None:
    assert reason in judge(command, ACTIONS, POLICY, seen, NOW_MS)


def test_the_hour_is_over_some_time() -> None:
    seen = Seen((), [NOW_MS - HOUR_MS] * 3)
    assert judge(order(), ACTIONS, POLICY, seen, NOW_MS) == ""


def test_a_policy_that_cannot_be_trusted_permits_nothing_and_says_why() -> None:
    void = Policy(void="it belongs to the user that the agent runs as")
    assert "permits nothing: it belongs to the user" in judge(order(), ACTIONS, void, NOTHING, NOW_MS)


def test_what_a_stranger_wrote_is_bounded_where_it_is_repeated() -> None:
    named = judge(order("\x1b[2J" + "x" * 100), ACTIONS, POLICY, NOTHING, NOW_MS)
    assert "\x1b" not in named
    assert len(named) < 200
    many = {f"{'y' * 200}{n}": "\x1b" for n in range(60)}
    assert len(judge(order(arguments={**GOOD, **many}), ACTIONS, POLICY, NOTHING, NOW_MS)) <= 500


def test_expiry_is_by_this_clock() -> None:
    assert expired(order(expires_ms=NOW_MS), NOW_MS)
    assert not expired(order(expires_ms=NOW_MS + 1), NOW_MS)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    action=st.sampled_from(["web", "other", "gone", ""]) | st.text(max_size=10),
    arguments=st.dictionaries(st.sampled_from(["unit", "count", "argv"]) | st.text(max_size=5), VALUES, max_size=4),
    expires_ms=st.integers(0, 4_102_444_800_000),
    command=st.text(min_size=1, max_size=5),
    ids=st.sets(st.text(min_size=1, max_size=5), max_size=3),
    times=st.lists(st.integers(NOW_MS - 2 * HOUR_MS, NOW_MS), max_size=5),
)
def test_whatever_runs_was_permitted_in_every_way(
    action: str, arguments: dict[str, Any], expires_ms: int, command: str, ids: set[str], times: list[int]
) -> None:
    asked = Command(command, action, arguments, expires_ms)
    if judge(asked, ACTIONS, POLICY, Seen(ids, times), NOW_MS) == "":
        assert action == "web"
        assert command not in ids
        assert NOW_MS < expires_ms <= NOW_MS + AHEAD_MS_MAX
        assert arguments["unit"] == "nginx.service"
        assert arguments["count"] in {1, 2, 3}
        assert set(arguments) == {"unit", "count"}
        assert sum(1 for time in times if NOW_MS - time < HOUR_MS) < 3
