"""The kinds that recovery tells are those that the daemon lists, and the docs with it."""

from __future__ import annotations

import pytest

from wakeful_agent import decision
from wakeful_agent.config.orders import WatchSetting
from wakeful_agent.daemon.events import KINDS


def test_every_kind_that_recovery_tells_is_listed() -> None:
    told = {value for name, value in vars(decision).items() if name.isupper() and isinstance(value, str)}
    assert len(told) == 13
    assert told <= set(KINDS)


def test_the_rules_of_a_watch_are_those_of_the_file() -> None:
    setting, policy = WatchSetting("", ""), decision.Policy()
    for name in ("window", "debounce", "backoff", "backoff_max", "verify", "steady"):
        assert getattr(setting, f"{name}_seconds") * 1000 == getattr(policy, f"{name}_ms"), name
    assert (setting.attempts, setting.respect_stop, setting.dry_run) == (
        policy.attempts,
        policy.respect_stop,
        policy.dry_run,
    )


@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_waits_double_with_jitter_up_to_the_most(fraction: float) -> None:
    policy = decision.Policy()
    waits = [decision.backoff_ms(number, policy, fraction) for number in range(1, 12)]
    assert waits[:3] == [round(one * (1 + 0.25 * fraction)) for one in (10_000, 20_000, 40_000)]
    assert max(waits) == waits[-1] == 600_000
    assert decision.backoff_ms(10_000, policy, 0.5) == 600_000
