"""Failures and their exit codes."""

from wakeful_collector.remote import failure


def test_exit_codes_are_those_that_are_documented():
    codes = (failure.OK, failure.FAILED, failure.USAGE, failure.PENDING, failure.UNREACHABLE, failure.NOT_FOUND)
    assert codes == (0, 1, 2, 3, 4, 5)
    assert (failure.TIMED_OUT, failure.REFUSED, failure.INTERRUPTED, failure.READER_GONE) == (6, 7, 130, 141)


def test_usage_and_the_word_that_was_meant():
    found = failure.usage("no", "so")
    assert (found.exit_code, found.code, found.message, found.hint) == (2, "usage", "no", "so")
    assert failure.closest("hosst", ["host", "events"]) == "host"
    assert failure.closest("zzz", ["host"]) == ""
