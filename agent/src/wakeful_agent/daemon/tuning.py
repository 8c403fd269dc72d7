"""What is measured how often: the local file's word, then what the collector may tune within it. Pure."""

from __future__ import annotations

from wakeful_agent.meter import NOTHING
from wakeful_agent.options import check_options
from wakeful_wire.record import NamedTuple
from wakeful_wire.tuning import NO_TUNING, Tuning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.config import Config, MeterSetting
    from wakeful_agent.meter import Meter
    from wakeful_agent.shelf import Shelf

IDLE_SECONDS = 300.0
FAST_SECONDS = 5.0
FAST_SPAN_MS = 600_000
LIVE_SECONDS = 1.0
LIVE_SPAN_MS_MAX = 3_600_000


class MeterPlan(NamedTuple):
    """What is done with one meter; an interval of 0 is every tick."""

    enabled: bool
    interval_seconds: float
    options: Mapping[str, Any]


class Plan(NamedTuple):
    """What is done altogether; `tuned_interval_seconds` is None while nobody but the local file decides it."""

    enabled: bool
    tuned_interval_seconds: float | None
    interval_seconds: float
    request_timeout_seconds: float
    meters: dict[str, MeterPlan]


def make_plan(config: Config, tuning: Tuning, meters: Shelf | Mapping[str, Meter]) -> tuple[Plan, list[str]]:
    """Return the plan and what is wrong with the tuning: any problem means that it must not be used at all.

    Optional meters are in it when they are loaded, switched on here, or named by the tuning, which loads them.
    """
    problems = []
    if tuning != NO_TUNING and not config.allow_collector_tuning:
        problems.append("allow_collector_tuning is false in this machine's agent.toml")
    problems += [f"{name} is not a meter of this agent" for name in tuning.meters if name not in meters]
    named = [name for name in [*switched_on(config), *tuning.meters] if name in meters]
    chosen = {}
    for name in dict.fromkeys([*meters, *named]):
        chosen[name], wrong = _meter_plan(config, tuning, meters[name])
        problems += wrong
    plan = Plan(
        tuning.enabled,
        tuning.interval_seconds,
        tuning.interval_seconds or config.interval_seconds,
        tuning.request_timeout_seconds or config.request_timeout_seconds,
        chosen,
    )
    return plan, problems


def switched_on(config: Config) -> list[str]:
    """Return the meters that agent.toml says something of, other than that they be off."""
    return [name for name, local in config.meters.items() if local.enabled or (local.enabled is None and local.options)]


def switched_off(config: Config) -> list[str]:
    """Return the meters that agent.toml switches off."""
    return [name for name, local in config.meters.items() if local.enabled is False]


def spoken_of(config: Config, tuning: Tuning) -> set[str]:
    """Return the meters that are configured, here or by the collector: a clue for those that need to be."""
    return {*switched_on(config), *(name for name, asked in tuning.meters.items() if asked.enabled or asked.options)}


def _meter_plan(config: Config, tuning: Tuning, meter: Meter) -> tuple[MeterPlan, list[str]]:
    local = config.meters.get(meter.name)
    enabled, interval = True, meter.interval_seconds
    options: dict[str, Any] = {}
    if local is not None:
        enabled = local.enabled is not False
        interval = interval if local.interval_seconds is None else local.interval_seconds
        options.update(local.options)
    asked = tuning.meters.get(meter.name)
    if asked is None:
        return MeterPlan(enabled, interval, options), []
    problems = []
    if asked.enabled and not enabled:
        problems.append(f"{meter.name} is switched off in this machine's agent.toml")
    accepted, wrong = check_options(meter.options, asked.options, False, _permitted(config, meter, local))
    wrong += [f"targets {text}" for text in _reaching(meter, accepted.get("targets", ()))]
    problems += [f"{meter.name}.{sentence}" for sentence in wrong]
    options.update(accepted)
    enabled = enabled if asked.enabled is None else enabled and asked.enabled
    interval = interval if asked.interval_seconds is None else asked.interval_seconds
    return MeterPlan(enabled, interval, options), problems


def _permitted(config: Config, meter: Meter, local: MeterSetting | None) -> tuple[str, ...]:
    """Return the local options that the collector may set all the same: where to measure, if agent.toml allows that.

    Not for a meter that logs in, and not where agent.toml gives the meter anything else of its own (a password, a
    file): the collector could have that sent to a place of its choosing.
    """
    if meter.name not in config.allow_collector_targets or not meter.collector_targets:
        return ()
    kept = {option.name for option in meter.options if option.local} - {"targets"}
    return () if local is not None and kept & set(local.options) else ("targets",)


def _reaching(meter: Meter, targets: Sequence[str]) -> list[str]:
    """Return what is wrong with targets of the collector: words behind an address that are not among the harmless."""
    words = [word.partition("=")[0] for text in targets for word in text.split()[1:]]
    return [f"may not say {word}= unless in agent.toml" for word in words if word not in meter.collector_words]


def pause_seconds(plan: MeterPlan, outcome: str, aside: bool, switched_on: bool) -> float:
    """Return how long a meter is left alone after a run: one that costs something and finds nothing here, five minutes.

    Unless agent.toml switches it on: then somebody waits for it to find something.
    """
    idle = outcome == NOTHING and aside and not switched_on
    return max(plan.interval_seconds, IDLE_SECONDS) if idle else plan.interval_seconds


def interval_seconds(plan: Plan, now_ms: int, enrolled_ms: int, live_until_ms: int) -> float:
    """Return how long to wait from tick to tick: a second while somebody looks, 5 s while the agent is new."""
    if now_ms < live_until_ms <= now_ms + LIVE_SPAN_MS_MAX:
        return LIVE_SECONDS
    if plan.tuned_interval_seconds is None and 0 <= now_ms - enrolled_ms < FAST_SPAN_MS:
        return min(FAST_SECONDS, plan.interval_seconds)
    return plan.interval_seconds
