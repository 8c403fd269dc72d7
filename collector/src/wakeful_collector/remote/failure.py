"""Why a command did not do what was asked: a word for programs, sentences for people, and the exit code."""

from __future__ import annotations

OK, FAILED, USAGE, PENDING, UNREACHABLE, NOT_FOUND, TIMED_OUT, REFUSED = range(8)
"""The exit codes; PENDING says that changes are, not that anything went wrong. 130 stands for Ctrl-C
and 141 for a reader that went away, as shells have it."""

INTERRUPTED = 130
READER_GONE = 141


class Failure(Exception):
    """What went wrong: `message` says it, `hint` names the way out; texts may hold hostile words."""

    def __init__(self, exit_code: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.code = code
        self.message = message
        self.hint = hint


def usage(message: str, hint: str = "") -> Failure:
    """Return the failure of a command line that makes no sense."""
    return Failure(USAGE, "usage", message, hint)


def why(error: Exception) -> str:
    """Return why a file cannot be read, in words: without the number and the name that Python says too."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is no text in UTF-8"


def closest(word: str, known: list[str]) -> str:
    """Return the known word that was probably meant, empty when none is near."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, 1)
    return found[0] if found else ""
