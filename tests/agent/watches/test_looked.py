"""What all kinds share that are looked at, and the table of contents: each kind is there, named, and asks no more."""

from __future__ import annotations

import pytest

from wakeful_agent import watches
from wakeful_agent.options import check_options
from wakeful_agent.watch import Watch
from wakeful_agent.watches.looked import INTERVAL, TIMEOUT, Looked

KINDS = [kind for kind in watches.names() if kind != "pterodactyl"]


class Kind(Looked):
    options = (TIMEOUT, INTERVAL)


def test_the_file_says_how_often_and_how_long() -> None:
    one = Kind("it", {"interval_seconds": 2, "timeout_seconds": 3.0})
    assert (one.interval_seconds, one.timeout_seconds, one.budget_seconds) == (2.0, 3.0, 11.0)
    assert Looked("it", {}).budget_seconds == Watch.budget_seconds


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_what_the_table_says(name: str) -> None:
    made = watches.load(name)
    assert made.kind == name
    assert INTERVAL in made.options
    options = [option.name for option in made.options]
    assert set(made.required) <= set(options)
    taken = {"name", "kind", "action", "arguments", "attempts", "dry_run", "respect_stop", "verify_seconds"}
    assert not taken & set(options)
    assert made.subject({}) == ""
    given = {option.name: option.default for option in made.options}
    assert check_options(made.options, given, local=True)[1] == []
    assert made.check({}) == (["pidfile or process must be given"] if name == "process" else [])
    assert made("it", {}).hears is False
