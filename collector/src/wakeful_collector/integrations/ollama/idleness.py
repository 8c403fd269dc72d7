"""Why a machine that nobody claims may not sleep now: loaded models, its GPU, logins, hours. Pure.

Each reason is a sentence without its subject, the machine, for the page: "its GPU is at 43 %".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from wakeful_collector.integrations.ollama.fields import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wakeful_collector.integrations.ollama.probing import Loaded
    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.model.sample import LatestSample

GPU_METRIC, LOGIN_METRIC = "hw.gpu.utilization", "system.login.count"
GPU_BUSY_SHARE = 0.05
"""A GPU that draws a desktop's pictures is somewhat busy; one that computes is far above."""
FRESH_SECONDS = 180
"""How long an agent may be silent and still count as telling of now; how old a value is, only its own clock says."""
NAMED_MAX = 3


class Told(NamedTuple):
    """What an agent told: when it was heard last (None: never), and the newest value of each of its series."""

    heard_ms: int | None
    samples: Sequence[LatestSample] = ()


def reasons(machine: Machine, loaded: Sequence[Loaded], told: Told | None, now_ms: int) -> tuple[str, ...]:
    """Return every reason why it may not sleep; `told` is None where no agent of it is known."""
    found = [*_hours(machine, now_ms), *_models(loaded)]
    if told is not None and (machine.check_gpu or machine.check_logins):
        found += _agent(machine, told, now_ms)
    return tuple(found)


def _models(loaded: Sequence[Loaded]) -> list[str]:
    found = []
    for one in loaded[:NAMED_MAX]:
        if one.for_ever:
            found.append(f"{one.name} is kept loaded for ever (keep_alive -1): unload it with keep_alive 0")
        elif one.until_ms is None:
            found.append(f"{one.name} is loaded")
        else:
            until = datetime.fromtimestamp(one.until_ms / 1000, UTC)
            found.append(f"{one.name} is loaded until {until:%H:%M:%S} UTC")
    more = len(loaded) - NAMED_MAX
    return [*found, f"{more} more models are loaded"] if more > 0 else found


def _agent(machine: Machine, told: Told, now_ms: int) -> list[str]:
    if told.heard_ms is None or now_ms - told.heard_ms > FRESH_SECONDS * 1000:
        return ["its agent tells nothing: whether it is idle is not known"]
    found = [*(_gpu(told.samples) if machine.check_gpu else ())]
    return [*found, *(_logins(told.samples) if machine.check_logins else ())]


def _gpu(samples: Iterable[LatestSample]) -> list[str]:
    shares = [one.value for one in samples if one.name == GPU_METRIC and one.labels.get("task", "general") == "general"]
    busiest = max(shares, default=0.0)
    return [f"its GPU is at {busiest:.0%}"] if busiest > GPU_BUSY_SHARE else []


def _logins(samples: Iterable[LatestSample]) -> list[str]:
    count = sum(round(one.value) for one in samples if one.name == LOGIN_METRIC)
    return [f"{count} {'people are' if count > 1 else 'person is'} logged in"] if count > 0 else []


def _hours(machine: Machine, now_ms: int) -> list[str]:
    """Return that it is to be awake now; hours past midnight belong to the day they began on."""
    if not machine.awake_from or not machine.awake_until or not machine.awake_days:
        return []
    local = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(machine.time_zone))
    begin, end = _minutes(machine.awake_from), _minutes(machine.awake_until)
    minute = local.hour * 60 + local.minute
    yesterday = (local - timedelta(days=1)).weekday()
    if begin < end:
        on = begin <= minute < end and _is_on(machine, local.weekday())
    else:  # past midnight, or the whole day round
        on = (minute >= begin and _is_on(machine, local.weekday())) or (minute < end and _is_on(machine, yesterday))
    return [f"it is to be awake until {machine.awake_until} ({machine.time_zone})"] if on else []


def _is_on(machine: Machine, weekday: int) -> bool:
    return DAYS[weekday] in machine.awake_days


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
