from __future__ import annotations

from wakeful_agent.transport import doubts
from wakeful_agent.transport.doubts import Doubts


def test_tries_lie_further_and_further_apart() -> None:
    made, now, waits = Doubts(), 100.0, []
    for _ in range(6):
        assert not made.refused("a", now, 0)
        waits.append(made.next_seconds(now))
        assert made.passed_over(now) == {"a"}
        now += waits[-1]
        assert made.passed_over(now) == set()
    assert waits == [30, 60, 120, 240, 480, 480]


def test_a_push_is_given_up_when_others_were_accepted() -> None:
    made = Doubts()
    assert [made.refused("a", 0, accepted) for accepted in (7, 7, 8, 9, 9)] == [False, False, False, False, True]
    assert made.next_seconds(0) is None
    assert not made.refused("a", 0, 9)


def test_a_push_is_kept_while_nothing_is_accepted() -> None:
    made = Doubts()
    assert not any(made.refused("a", 0, 7) for _ in range(20))
    assert made.refused("a", 0, 8)


def test_what_is_remembered_is_bounded() -> None:
    made = Doubts()
    for number in range(doubts.DOUBTS_MAX + 1):
        made.refused(str(number), number, 0)
    assert len(made.passed_over(0)) == doubts.DOUBTS_MAX
    assert "0" not in made.passed_over(0)


def test_what_left_the_spool_is_forgotten() -> None:
    made = Doubts()
    made.refused("a", 0, 0)
    made.refused("b", 5, 0)
    made.keep({"b", "c"})
    assert made.passed_over(0) == {"b"}
    assert made.next_seconds(1000) == 0
