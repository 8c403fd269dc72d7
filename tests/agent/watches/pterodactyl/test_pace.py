"""The pace: every duration can be divided, counts and fractions stay."""

from __future__ import annotations

from wakeful_agent.watches.pterodactyl.pace import Pace


def test_a_faster_pace_divides_durations_alone() -> None:
    fast = Pace().faster(10)
    assert fast.ping == Pace().ping / 10
    assert fast.busy_tries == Pace().busy_tries
    assert fast.renewal_fraction == Pace().renewal_fraction


def test_the_panels_own_limit_of_tokens_is_kept() -> None:
    assert 60 / Pace().grant_spacing < 5
