"""Tests of wakeful_wire.errors: an error is an answer."""

from __future__ import annotations

from wakeful_wire.errors import WireError


def test_an_error_says_what_programs_and_people_need() -> None:
    error = WireError("too_large", "the body inflates to more than 5 bytes", 413)
    assert error.document() == {"error": "too_large", "message": "the body inflates to more than 5 bytes"}
    assert (str(error), error.status) == ("the body inflates to more than 5 bytes", 413)


def test_not_acceptable_is_422_unless_said_otherwise() -> None:
    assert WireError("invalid", "no").status == 422
    assert isinstance(WireError("invalid", "no"), ValueError)
