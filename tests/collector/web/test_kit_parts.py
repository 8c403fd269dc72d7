"""What pages ask about their own request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from flask import Flask


@pytest.mark.parametrize(("query", "found"), [("", 1), ("?page=7", 7), ("?page=99", 9), ("?page=0", 1), ("?page=x", 1)])
def test_numbers_of_the_query_stay_within_bounds(app: Flask, query: str, found: int) -> None:
    with app.test_request_context(f"/{query}"):
        assert kit.number("page", 1, 1, 9) == found


def test_a_part_is_answered_only_to_the_script_that_asks_for_one(app: Flask) -> None:
    with app.test_request_context("/", headers={"HX-Request": "true"}):
        assert kit.is_part()
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    with app.test_request_context("/", headers=restored):
        assert not kit.is_part()


def test_what_is_lacking_is_said_with_what_somebody_has() -> None:
    operator = Principal("user:ada", implied(("operate",)), "::1", "web")
    assert kit.lacks(operator) == ""
    assert kit.lacks(operator, "admin").startswith("This needs the scope admin; yours: ")
    assert kit.lacks(None) == "This needs the scope operate; yours: nothing."
