from __future__ import annotations

from wakeful_collector.model.twins import RunSpan, later_twin


def test_two_runs_that_tick_in_turn_are_two_machines() -> None:
    spans = [RunSpan("older", 0, 60), RunSpan("later", 50, 65)]
    assert later_twin(spans, "older") == "later"


def test_the_later_run_never_accuses_the_older_one() -> None:
    assert later_twin([RunSpan("older", 0, 60), RunSpan("later", 50, 65)], "later") is None


def test_clones_on_the_same_grid_are_told_apart() -> None:
    assert later_twin([RunSpan("a", 0, 75), RunSpan("b", 60, 75)], "a") == "b"


def test_runs_that_begin_at_the_same_tick_are_told_apart_by_name() -> None:
    spans = [RunSpan("a", 0, 30), RunSpan("b", 0, 30)]
    assert later_twin(spans, "a") == "b"
    assert later_twin(spans, "b") is None


def test_a_restart_is_no_twin() -> None:
    assert later_twin([RunSpan("before", 0, 60), RunSpan("after", 60, 120)], "before") is None
    assert later_twin([RunSpan("before", 0, 60), RunSpan("after", 75, 120)], "after") is None


def test_a_backlog_that_comes_late_is_no_twin() -> None:
    """The older run's pushes arrive after those of the run that followed it."""
    assert later_twin([RunSpan("before", 30, 45), RunSpan("after", 60, 120)], "before") is None


def test_a_run_that_is_not_known_yet_is_no_twin() -> None:
    assert later_twin([RunSpan("a", 0, 60)], "new") is None


def test_the_earliest_of_several_twins_is_named_first() -> None:
    spans = [RunSpan("a", 0, 100), RunSpan("c", 60, 120), RunSpan("b", 50, 130)]
    assert later_twin(spans, "a") == "b"
