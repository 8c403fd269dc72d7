"""Files of wishes, read where the operator sits: what is meant, bounded, and nothing that a link smuggles in."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

from wakeful_collector.remote.failure import usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUFFIXES = (".yaml", ".yml")
FILE_BYTES_MAX = 1_048_576
WHOLE_BYTES_MAX = 16_777_216
FILES_MAX = 2_000
DEPTH_MAX = 16
STDIN = "-"

Document = dict[str, str]
"""`path` as the operator named it, and `text`."""


def gathered(places: Iterable[str]) -> list[Document]:
    """Return the files of wishes that files, folders and `-` (standard input) hold, in the order of their names.

    Raises Failure for what cannot be read, is no regular file, is too large or too much, for a link in a folder that
    leads out of it, and when there is nothing at all.
    """
    made: dict[str, Document] = {}
    left = WHOLE_BYTES_MAX
    for place in places:
        for path, inside in _files(place):
            if path in made:
                continue
            text = _stdin() if path == STDIN else _text(path, inside)
            left -= len(text.encode())
            if left < 0:
                raise usage(f"the files hold more than {WHOLE_BYTES_MAX // 1_048_576} MiB", "name fewer of them")
            if len(made) >= FILES_MAX:
                raise usage(f"there are more than {FILES_MAX} files", "name fewer of them")
            made[path] = {"path": "stdin" if path == STDIN else path, "text": text}
    if not made:
        raise usage("there is no file of wishes", f"their names end in {' or '.join(SUFFIXES)}")
    return list(made.values())


def _files(place: str) -> Iterator[tuple[str, str]]:
    """Yield files, each with the folder that it must not lead out of, empty for one that was named itself."""
    if place == STDIN or not os.path.isdir(place):
        yield (place if place == STDIN else os.path.normpath(place)), ""
        return
    yield from ((path, os.path.realpath(place)) for path in _below(os.path.normpath(place), 0))


def _below(folder: str, depth: int) -> Iterator[str]:
    if depth > DEPTH_MAX:
        raise usage(f"{folder}: folders are nested deeper than {DEPTH_MAX}")
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda one: one.name)
    except OSError as error:
        raise usage(f"{folder} cannot be read: {error.strerror}") from None
    for entry in found:
        if entry.name.startswith("."):  # what editors and version control keep
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, depth + 1)
        elif entry.name.endswith(SUFFIXES):
            yield entry.path


def _text(path: str, inside: str) -> str:
    real = os.path.realpath(path)
    if inside and os.path.commonpath([real, inside]) != inside:
        raise usage(f"{path} is a link that leads out of the folder", "name the file itself if it is meant")
    try:
        # Neither a pipe nor a device is waited for.
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise usage(f"{path} is no regular file")
            return _decoded(path, stream.read(FILE_BYTES_MAX + 1))
    except OSError as error:
        raise usage(f"{path} cannot be read: {error.strerror}") from None


def _stdin() -> str:
    source = getattr(sys.stdin, "buffer", None)
    return _decoded("standard input", source.read(FILE_BYTES_MAX + 1) if source is not None else b"")


def _decoded(path: str, content: bytes) -> str:
    if len(content) > FILE_BYTES_MAX:
        raise usage(f"{path} is larger than {FILE_BYTES_MAX // 1_048_576} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise usage(f"{path}:{line}: it is not written in UTF-8") from None
