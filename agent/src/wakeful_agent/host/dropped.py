"""Files that other programs drop for the agent, and programs that its machine's owner lets it run."""

from __future__ import annotations

import os
import stat

from wakeful_agent.host.errors import Denied, HostError, Malformed, translate
from wakeful_agent.host.text import decode
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe with nobody at its other end does not hold us up


class Dropped(NamedTuple):
    """A file as it was found: `mark` is another one when it was changed, `modified_ms` is when that was."""

    mark: tuple[int, ...]
    modified_ms: int
    text: str | None


def read_dropped(host: Host, relative: str, most: int, known: tuple[int, ...] = ()) -> Dropped:
    """Return the file; `text` is None while its mark is the `known` one. Raises Malformed when it is no plain file.

    Raises Absent, Denied, and Malformed for more than `most` bytes too.
    """
    try:
        # Looked at before it is opened: opening some devices acts (a watchdog would start the machine anew).
        if not stat.S_ISREG(os.stat(host.path(relative)).st_mode):
            raise Malformed(f"/{relative}: is not a plain file")
        descriptor = os.open(host.path(relative), _FLAGS)
        try:
            about = os.fstat(descriptor)
            mark = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)
            modified_ms = about.st_mtime_ns // 1_000_000
            if not stat.S_ISREG(about.st_mode):  # pragma: no cover - it was another one a moment ago
                raise Malformed(f"/{relative}: is not a plain file")
            if mark == known:
                return Dropped(mark, modified_ms, None)
            content = _drain(descriptor, most)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise translate(error, "/" + relative) from None
    if len(content) > most:
        raise Malformed(f"/{relative}: has more than {most} bytes")
    return Dropped(mark, modified_ms, decode(content))


def check_owned(host: Host, relative: str) -> None:
    """Raise Denied unless only root or this user can change the file or put another in its place; HostError."""
    real = os.path.realpath(host.path(relative))
    for path in (real, os.path.dirname(real)):
        try:
            about = os.stat(path)
        except OSError as error:
            raise translate(error, path) from None
        if about.st_uid not in {0, os.geteuid()}:
            raise Denied(f"{path} belongs to somebody else (user {about.st_uid}): run chown root {path}")
        kept_apart = stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX  # as in /tmp: to each his own
        if about.st_mode & 0o022 and not kept_apart:
            raise Denied(f"{path} may be changed by others: run chmod go-w {path}")
        if path == real and not stat.S_ISREG(about.st_mode):
            raise HostError(f"{real} is not a plain file")


def _drain(descriptor: int, most: int) -> bytes:
    parts = []
    size = 0
    while size <= most:
        part = os.read(descriptor, 65_536)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)
