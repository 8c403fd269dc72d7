"""Failures and their exit codes."""

import pytest

from wakeful_collector.remote import failure


def test_exit_codes_are_those_that_are_documented():
    codes = (failure.OK, failure.FAILED, failure.USAGE, failure.PENDING, failure.UNREACHABLE, failure.NOT_FOUND)
    assert codes == (0, 1, 2, 3, 4, 5)
    assert (failure.TIMED_OUT, failure.REFUSED, failure.INTERRUPTED, failure.READER_GONE) == (6, 7, 130, 141)


def test_why_a_file_cannot_be_read_is_said_in_words(tmp_path):
    with pytest.raises(OSError, match="No such file") as caught:
        (tmp_path / "nothing").read_text()
    assert failure.why(caught.value) == "No such file or directory"
    assert failure.why(OSError("so")) == "so"
    assert failure.why(UnicodeDecodeError("utf-8", b"x", 0, 1, "bad")) == "it is no text in UTF-8"


def test_usage_and_the_word_that_was_meant():
    found = failure.usage("no", "so")
    assert (found.exit_code, found.code, found.message, found.hint) == (2, "usage", "no", "so")
    assert failure.closest("hosst", ["host", "events"]) == "host"
    assert failure.closest("zzz", ["host"]) == ""
