"""Log lines are plain, in UTC, and cannot be forged by what they quote."""

import logging
import re

import pytest

from wakeful_collector.model.store_errors import StoreFull
from wakeful_collector.serving.logs import UtcFormatter, start_logging


@pytest.fixture(autouse=True)
def _put_back():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_says_when_how_bad_who_and_what(capsys):
    start_logging("info")
    logging.getLogger("wakeful.x").info("listening on %s", "127.0.0.1:8800")
    logging.getLogger("wakeful.x").debug("not shown")
    text = capsys.readouterr().err
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO wakeful\.x: listening on 127\.0\.0\.1:8800\n", text)


def test_a_message_with_line_breaks_cannot_look_like_another_line():
    record = logging.LogRecord("x", logging.ERROR, "", 0, "host a\n2026-01-01T00:00:00Z INFO x: fine\rb", (), None)
    record.created = 0
    assert UtcFormatter().format(record) == (
        "1970-01-01T00:00:00Z ERROR x: host a\n    2026-01-01T00:00:00Z INFO x: fine\\rb"
    )


def test_a_full_disk_needs_no_traceback_and_a_mistake_does(capsys):
    start_logging("info")
    log = logging.getLogger("wakeful.x")
    for error in (StoreFull("the disk is full"), RuntimeError("a mistake")):
        try:
            raise error
        except Exception:
            log.exception("job %s failed", "y")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("ERROR wakeful.x: job y failed: the disk is full")
    assert lines[1].endswith("ERROR wakeful.x: job y failed")
    assert lines[-1].endswith("RuntimeError: a mistake")
