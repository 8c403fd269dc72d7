"""The kinds that recovery tells are those that the daemon lists, and the docs with it."""

from __future__ import annotations

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
