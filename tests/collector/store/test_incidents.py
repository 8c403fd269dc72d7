"""Incidents are kept as they are, found by their thing and by the host's own name for them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.model.incident import Incident
from wakeful_collector.model.story import Line
from wakeful_collector.store import absences, incidents
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

T = 1_795_000_000_000
ONE = Incident(
    id="inc_1",
    host_key=7,
    kind="watch",
    subject="survival",
    reference="a1",
    state="open",
    opened_ms=T,
    changed_ms=T,
    heard_ms=T,
    urgent=True,
    story=(Line(T, "watch.down", "is down"),),
    console=("boot",),
)


def test_what_is_kept_comes_back(data: Path) -> None:
    with changing(data) as connection:
        incidents.keep(connection, ONE)
        incidents.keep(connection, replace(ONE, falls=3, told_ms=T, state="settling", calm_since_ms=T, over_ms=T))
        found = incidents.by_id(connection, "inc_1")
        assert found == replace(ONE, falls=3, told_ms=T, state="settling", calm_since_ms=T, over_ms=T)
        assert incidents.by_id(connection, "inc_2") is None
        assert incidents.count_going_on(connection) == (1, 1)


def test_a_thing_has_one_incident_that_goes_on(data: Path) -> None:
    with changing(data) as connection:
        incidents.keep(connection, ONE)
        with pytest.raises(sqlite3.IntegrityError):
            incidents.keep(connection, replace(ONE, id="inc_2"))


def test_found_are_the_one_that_goes_on_and_the_one_the_host_names(data: Path) -> None:
    with changing(data) as connection:
        incidents.keep(connection, replace(ONE, state="closed"))
        incidents.keep(connection, replace(ONE, id="inc_2", reference="a2"))
        incidents.keep(connection, replace(ONE, id="inc_3", subject="creative", reference=""))
        named = [one.id for one in incidents.of_thing(connection, 7, "watch", "survival", "a1")]
        assert named == ["inc_2", "inc_1"]
        assert [one.id for one in incidents.of_thing(connection, 7, "watch", "survival", "a2")] == ["inc_2"]
        assert [one.id for one in incidents.of_thing(connection, 7, "watch", "creative", "")] == ["inc_3"]
        assert [one.id for one in incidents.going_on(connection)] == ["inc_2", "inc_3"]


def test_pages_of_states_and_hosts(data: Path) -> None:
    with changing(data) as connection:
        for number in range(4):
            incidents.keep(connection, replace(ONE, id=f"inc_{number}", host_key=number))
        incidents.keep(connection, replace(ONE, id="inc_0", host_key=0, state="closed"))
        incidents.keep(connection, replace(ONE, id="inc_1", host_key=1, acknowledged_ms=T))

        def ids(state: str | None = None, host: int | None = None, before: int | None = None) -> list[str]:
            return [one.id for _, one in incidents.page(connection, state, host, before, 2)]

        assert ids() == ["inc_3", "inc_2"]
        assert ids(before=3) == ["inc_1", "inc_0"]
        assert ids("open") == ["inc_3", "inc_2"]
        assert ids("acknowledged") == ["inc_1"]
        assert ids("closed") == ["inc_0"]
        assert ids(host=2) == ["inc_2"]


def test_how_much_goes_on_with_a_host(data: Path) -> None:
    with changing(data) as connection:
        incidents.keep(connection, replace(ONE, told_ms=T))
        incidents.keep(connection, replace(ONE, id="inc_2", state="closed", told_ms=T - 5))
        incidents.keep(connection, replace(ONE, id="inc_3", host_key=8))
        assert incidents.crowd(connection, 7, T - 5) == (1, 1)
        assert incidents.crowd(connection, 7, 0) == (1, 2)


def test_what_is_old_goes_and_what_goes_on_stays(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incidents, "PER_HOST_MAX", 1)
    with changing(data) as connection:
        incidents.keep(connection, ONE)
        for number in range(2, 5):
            incidents.keep(connection, replace(ONE, id=f"inc_{number}", state="closed", heard_ms=T + number))
        assert incidents.prune(connection, T + 3) == 2
        assert [one.id for _, one in incidents.page(connection, None, None, None, 9)] == ["inc_4", "inc_1"]
        absences.keep(connection, absences.Absence(7, "sleeping", T, None, False, "user:ada", ""))
        assert incidents.forget(connection, 7) == 3
