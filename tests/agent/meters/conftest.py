"""Holds every meter to what the docs say it gives."""

from __future__ import annotations

import pathlib
import re
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest

from wakeful_agent import meters
from wakeful_wire.names import METRICS

if TYPE_CHECKING:
    from wakeful_agent.host.files import Host
    from wakeful_agent.meter import Meter

FREE = {"exec", "textfile"}
"""Meters that give what scripts print, under any name."""
WATCHED = {"watch.up", "recovery.attempts"}
"""What no meter gives but the watches of a machine: tests/agent/daemon/test_roster.py holds that they do."""
POLLED = {name for name in METRICS if name.startswith("proxmox.subject.")}
"""What the collector measures itself, by asking clusters."""

REFERENCE = pathlib.Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


def documented() -> dict[str, set[str]]:
    """Return which meters give each metric, as the tables of the reference say."""
    names = {meter.name for meter in meters.classes()}
    found: dict[str, set[str]] = {}
    for line in REFERENCE.read_text("ascii").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) > 4 and cells[1] in {"gauge", "counter"}:
            who = set(re.sub(r"\(.*?\)|[\[\]]", "", cells[4]).split(", ")) & names
            if who:
                found.setdefault(cells[0].strip("`"), set()).update(who)
    return found


@pytest.fixture(scope="module", autouse=True)
def gives(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hold that a meter's own tests see it give every metric that the docs say it gives, with the labels promised.

    Judged where all tests of the file have run, and run well.
    """
    name = request.path.stem.removeprefix("test_")
    found = {meter.name: meter for meter in meters.classes()}
    failed_before = request.session.testsfailed
    if name not in found or name in FREE:
        yield
        return
    given: set[tuple[str, tuple[str, ...]]] = set()
    meter, own = found[name], vars(found[name]).get("read")
    meter.read = _noted(meter.read, given)  # type: ignore[method-assign] # it watches
    yield
    if own is None:
        del meter.read
    else:
        meter.read = own  # type: ignore[method-assign] # as it was
    options = request.config.option
    if (
        options.keyword
        or getattr(options, "lf", False)  # without a cache there is no such option
        or "::" in "".join(options.file_or_dir)
        or request.session.testsfailed > failed_before
    ):
        return
    promised = {metric for metric, who in documented().items() if name in who}
    assert promised - {metric for metric, _ in given} == set(), f"no test has seen {name} give these"
    assert {metric for metric, _ in given} - promised == set(), f"the docs do not say that {name} gives these"
    assert [one for one in given if one[1] != tuple(sorted(METRICS[one[0]].labels))] == [], "other labels than promised"


def _noted(read: Callable[..., Any], given: set[tuple[str, tuple[str, ...]]]) -> Callable[..., Any]:
    def reading(self: Meter, host: Host, now_ms: int) -> Any:
        told = read(self, host, now_ms)
        given.update((one.name, tuple(label for label, _ in one.labels)) for one in getattr(told, "series", ()))
        return told

    return reading
