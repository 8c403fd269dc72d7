"""Plain log lines on standard error: time in UTC, level, who, what."""

from __future__ import annotations

import logging
import time

from wakeful_collector.model.store_errors import StoreError

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class UtcFormatter(logging.Formatter):
    """Formats with UTC times; a message never breaks its line, so that nobody can forge one."""

    @staticmethod
    def converter(seconds: float | None) -> time.struct_time:
        """Return the time in UTC."""
        return time.gmtime(seconds)

    def __init__(self) -> None:
        super().__init__(FORMAT, TIME_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows on lines of its own, indented.

        An error of the store (a full disk) is told by its text alone: it says what to do, and nobody has to mend code.
        """
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, StoreError):
            record = logging.makeLogRecord(record.__dict__)
            record.msg, record.args = f"{record.getMessage()}: {error}", None
            record.exc_info = record.exc_text = None
        return super().format(record).replace("\r", "\\r").replace("\n", "\n    ")


def start_logging(level: str) -> None:
    """Send everything of `level` and above to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(UtcFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
