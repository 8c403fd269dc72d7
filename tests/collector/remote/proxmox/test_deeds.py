"""A deed followed to its end."""

import pytest

from wakeful_collector.remote.failure import FAILED, OK, REFUSED, TIMED_OUT, UNREACHABLE, Failure
from wakeful_collector.remote.proxmox import deeds


@pytest.mark.parametrize(
    ("before", "now", "gained"),
    [
        ([], ["a", "b"], ["a", "b"]),
        (["a", "b"], ["a", "b"], []),
        (["a", "b"], ["a", "b", "c"], ["c"]),
        (["a", "b", "c"], ["b", "c", "d"], ["d"]),
        (["a"], ["x", "y"], ["x", "y"]),
        (["a", "a"], ["a", "a", "a"], ["a"]),
        (["a"], [], []),
    ],
)
def test_lines_that_a_log_gained(before, now, gained):
    assert deeds.fresh(before, now) == gained


def test_following_ends_with_the_deed_and_waits_out_absence():
    answers = [
        {"state": "running", "revision": 2},
        Failure(UNREACHABLE, "unreachable", "away"),
        {"state": "ok", "revision": 3},
    ]
    told, seen = [], []

    def look(known, left_seconds):
        seen.append((known["revision"], left_seconds > 0))
        found = answers.pop(0)
        if isinstance(found, Failure):
            raise found
        return found

    def over(found):
        return found["state"] == "ok"

    found = deeds.followed({"state": "asked", "revision": 1}, look, told.append, 30, over)
    assert found["state"] == "ok"
    assert [one["revision"] for one in told] == [1, 2, 3]
    assert seen == [(1, True), (2, True), (2, True)]


def test_patience_ends_and_refusals_do_not_go_on():
    def forbidden(_known, _left):
        raise Failure(REFUSED, "forbidden", "no")

    with pytest.raises(Failure):
        deeds.followed({}, forbidden, lambda _: None, 30, lambda _: False)
    found = deeds.followed({"state": "asked"}, lambda known, _: known, lambda _: None, 0.05, lambda _: False)
    assert found == {"state": "asked"}


def test_exit_codes():
    said = {state: deeds.exit_code({"state": state}, 10) for state in ("ok", "failed", "refused", "lost", "running")}
    assert said == {"ok": OK, "failed": FAILED, "refused": REFUSED, "lost": FAILED, "running": TIMED_OUT}
    assert deeds.exit_code({"state": "asked"}, 0) == OK


def test_states_are_styled_and_logs_are_texts():
    assert deeds.state_cell("ok").style == "good"
    assert deeds.state_cell("whatever").style == ""
    assert deeds.log_of({"log": ["a", 1]}) == ["a", "1"]
    assert deeds.log_of({"log": "no list"}) == []
