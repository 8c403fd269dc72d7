"""What is wrong with the configuration, all of it at once."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong: in which file, on which line (0 when it has none), what, and the way out."""

    file: str
    line: int
    text: str
    hint: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.text}" + (f"\n    {self.hint}" if self.hint else "")


class ConfigErrors(Exception):
    """The configuration cannot be used; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def why(error: Exception) -> str:
    """Return why a file cannot be used, in words: without the number and the name that Python says too."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no text in UTF-8"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
