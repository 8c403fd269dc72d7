"""Why a host may be silent is kept until it runs out or is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import absences
from wakeful_collector.store.absences import Absence
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

T = 1_795_000_000_000
WORK = Absence(7, "maintenance", T, T + 1_000, False, "user:ada", "new disk")


def test_it_stands_until_it_runs_out(data: Path) -> None:
    with changing(data) as connection:
        absences.keep(connection, Absence(7, "sleeping", T, None, False, "user:bob", ""))
        absences.keep(connection, WORK)
        assert absences.of(connection, 7, T + 999) == WORK
        assert absences.standing(connection, T + 999) == {7: WORK}
        assert absences.of(connection, 7, T + 1_000) is None
        assert absences.standing(connection, T + 1_000) == {}
        assert absences.prune(connection, T + 999) == 0
        assert absences.prune(connection, T + 1_000) == 1


def test_it_can_be_ended_and_says_that_the_host_slept(data: Path) -> None:
    with changing(data) as connection:
        absences.keep(connection, Absence(7, "sleeping", T, None, False, "user:bob", ""))
        absences.note_slept(connection, 7)
        found = absences.of(connection, 7, T)
        assert found is not None
        assert found.slept
        assert absences.end(connection, 7)
        assert not absences.end(connection, 7)
