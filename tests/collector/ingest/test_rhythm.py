"""The rhythm of an agent in live mode: answers go before its next push is due, whatever its clock says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.ingest.rhythm import CALM_MS, MARGIN_MS, PAUSE_MS, SECOND_MS, UNKNOWN_MS, Rhythm, heard, hold_ms

IN_TIME_MS = SECOND_MS - MARGIN_MS


def calm(tick_ms: int | None, arrived_ms: int) -> Rhythm:
    """Return the rhythm of an agent whose spool is empty."""
    return heard(None, 1, tick_ms, arrived_ms)._replace(backlog_ms=0)


def test_a_push_in_time_is_held_until_shortly_before_the_next() -> None:
    first = calm(5_000, 90_000)
    second = heard(first, 2, 6_000, 91_000)
    assert (hold_ms(first), hold_ms(second)) == (IN_TIME_MS, IN_TIME_MS)


def test_a_push_that_came_late_is_held_for_what_is_left() -> None:
    first = calm(5_000, 90_000)
    late = heard(first, 2, 6_000, 91_400)
    assert abs(hold_ms(late) - (IN_TIME_MS - 400)) < 1
    assert hold_ms(heard(first, 2, 6_000, 91_980)) == 0, "the next is about to come"


def test_the_best_arrival_tells_the_clocks_apart() -> None:
    late = calm(5_000, 90_300)
    soon = heard(late, 2, 6_000, 91_000)
    assert hold_ms(soon) == IN_TIME_MS
    assert abs(hold_ms(heard(soon, 3, 7_000, 92_300)) - (IN_TIME_MS - 300)) < 1


def test_a_push_without_ticks_is_held_until_the_next_tick() -> None:
    told = heard(calm(5_000, 90_000), 2, None, 90_600)
    assert hold_ms(told) == IN_TIME_MS - 600
    assert hold_ms(calm(None, 90_000)) == UNKNOWN_MS


def test_after_a_pause_or_a_clock_set_back_it_is_learned_anew() -> None:
    first = calm(5_000, 90_000)
    assert heard(first, 2, 9_000, 90_000 + PAUSE_MS + 1).lag_ms == 86_001
    assert heard(first, 2, 6_000, 80_000).lag_ms == 74_000


def test_nothing_is_held_while_more_may_wait_in_the_spool() -> None:
    first = heard(None, 7, 5_000, 90_000)
    assert hold_ms(first) == 0, "a collector that was away does not know"
    older = heard(heard(first, 8, 6_000, 91_000), 3, 2_000, 91_100)
    assert (older.sequence, older.lag_ms) == (8, 85_000)
    assert hold_ms(heard(older, 9, 8_000, 91_100 + CALM_MS - 1)) == 0
    quiet = heard(older, 9, 8_000, 91_100 + CALM_MS)
    assert hold_ms(quiet) > 0
    assert hold_ms(heard(quiet, 11, 9_000, 94_100)) > 0, "what is missing may be with another process"


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.tuples(st.integers(0, 3_000), st.booleans()), min_size=1, max_size=40),
)
def test_no_answer_is_held_until_the_next_push_is_due(skew_ms: int, delays: list[tuple[int, bool]]) -> None:
    rhythm: Rhythm | None = None
    least: float | None = None
    arrived_ms = 10**13
    for number, (delay_ms, ticks) in enumerate(delays):
        tick_ms = 10**13 + number * SECOND_MS
        arrived_ms = max(arrived_ms, tick_ms + delay_ms)
        rhythm = heard(rhythm, number, tick_ms + skew_ms if ticks else None, arrived_ms)
        held_ms = hold_ms(rhythm)
        assert 0 <= held_ms <= IN_TIME_MS
        if ticks:
            least = arrived_ms - tick_ms if least is None else min(least, arrived_ms - tick_ms)
        if least is not None and held_ms:
            into_ms = (arrived_ms + held_ms - least) % SECOND_MS
            assert into_ms <= SECOND_MS - MARGIN_MS + len(delays), "the next tick may be here by then"
