"""How fast the fake works and how it fails: what a test sets before it asks."""

from __future__ import annotations

import dataclasses
from typing import Callable, Union


@dataclasses.dataclass
class Manners:
    """The pace of everything, and the bounds; all of it can be changed while requests run."""

    load_seconds: float = 0.0
    """How long the first request of a cold model waits."""
    first_token_seconds: float = 0.0
    token_seconds: float = 0.0
    blob_seconds: float = 0.0
    """How long the server thinks after the last byte of a blob."""
    parallel: int = 64
    """OLLAMA_NUM_PARALLEL: generations at once."""
    queue: int = 512
    """OLLAMA_MAX_QUEUE: what waits beyond it is told that the server is busy."""
    reply: Union[Callable[[str], list[str]], None] = None
    """The tokens of an answer to a prompt; without it the prompt is said again."""


@dataclasses.dataclass
class Fault:
    """What goes wrong with one of the next generations (or pulls), after so many of its frames.

    `kind` is `error` (a line of the stream says so; with nothing sent yet a 500), `cut` (the connection ends in the
    middle of the answer, as of a process that was killed), `half` (the same, in the middle of a frame; not before the
    first), `reset` (the same, with a reset), `hang` (nothing more comes, nothing is closed) or `busy` (503, as of a
    full queue).
    """

    kind: str
    after: int = 0
    text: str = "llama runner process has terminated: exit status 2"
