"""Pauses of watches, as files that people and the agent write alike: STATE/paused/NAME, or `all` for every watch.

What a file says first is how long it holds from when it was written (`2h`, `90m`, `1d`, `30s`); where it says nothing
of that kind, or `0s`, it holds until it is removed. The rest is why.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress

from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

EVERY = "all"
TEXT_BYTES_MAX = 400
_NO_END = "0s"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"([0-9]{1,9})([smhd])\Z")


class Pause(NamedTuple):
    """A pause until `until_ms` (0: until it is ended), and why."""

    until_ms: int
    why: str = ""


def parse_span(text: str) -> int | None:
    """Return the seconds of `90s`, `30m`, `2h` or `1d`; None for anything else, and for none at all."""
    found = _SPAN.match(text)
    seconds = int(found.group(1)) * _SECONDS[found.group(2)] if found else 0
    return seconds or None


def parse_pause(text: str, written_ms: int) -> Pause:
    """Return what a file that was written then says."""
    first, _, rest = text.strip().partition(" ")
    seconds = 0 if first == _NO_END else parse_span(first)
    if seconds is None:
        return Pause(0, label(text.strip()))
    return Pause(written_ms + seconds * 1000 if seconds else 0, label(rest.strip()))


def folder_of(state: str) -> str:
    """Return the folder of pauses below the state folder."""
    return os.path.join(state, "paused")


def read(state: str, now_ms: int) -> dict[str, Pause]:
    """Return the pauses that hold, by watch or `all`; files of those that are over are removed."""
    try:
        place = _open(state)
    except OSError:
        return {}
    found = {}
    try:
        for name in os.listdir(place):
            pause = None if name.startswith(".") else _read(place, name)
            if pause is not None and pause.until_ms and pause.until_ms <= now_ms:
                with suppress(OSError):
                    os.unlink(name, dir_fd=place)
            elif pause is not None:
                found[name] = pause
    finally:
        os.close(place)
    return found


def begin(state: str, name: str, seconds: int, why: str) -> None:
    """Write a pause of so many seconds (0: until it is ended); raises OSError.

    What another user writes (root, for the agent's own) belongs to who owns the state folder, who must read it. That
    user may put links there: none is followed, so that root is not led to write, or to give away, what is elsewhere.
    """
    os.makedirs(folder_of(state), mode=0o700, exist_ok=True)
    # A reason may begin like a span ("2h window"), which would be taken for one.
    text = f"{seconds}s {why}" if seconds or parse_span(why.strip().partition(" ")[0]) else why
    place = _open(state)
    try:
        _write(place, name, text.encode("utf-8", "replace")[:TEXT_BYTES_MAX], os.stat(state))
    finally:
        os.close(place)


def end(state: str, name: str) -> bool:
    """Remove a pause; tells whether there was one. Raises OSError when it cannot be removed."""
    try:
        place = _open(state)
    except FileNotFoundError:
        return False
    try:
        os.unlink(name, dir_fd=place)
    except FileNotFoundError:
        return False
    finally:
        os.close(place)
    return True


def of(name: str, pauses: dict[str, Pause]) -> Pause | None:
    """Return the pause that holds for a watch: its own and that of all, whichever is longer."""
    mine = [pauses[key] for key in (name, EVERY) if key in pauses]
    return max(mine, key=lambda one: one.until_ms or float("inf"), default=None)


def _write(place: int, name: str, content: bytes, owner: os.stat_result) -> None:
    """Write a file that is new and whole into the folder that is open at `place`."""
    temporary = f".{name}.{os.getpid()}"
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=place)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=place)
    try:
        os.write(handle, content)
        if os.geteuid() == 0 and owner.st_uid:
            os.fchown(place, owner.st_uid, owner.st_gid)
            os.fchown(handle, owner.st_uid, owner.st_gid)
        os.rename(temporary, name, src_dir_fd=place, dst_dir_fd=place)
    except OSError:
        os.unlink(temporary, dir_fd=place)
        raise
    finally:
        os.close(handle)


def _open(state: str) -> int:
    return os.open(folder_of(state), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _read(place: int, name: str) -> Pause | None:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=place)
        try:
            text = os.read(handle, TEXT_BYTES_MAX).decode("utf-8", "replace")
            return parse_pause(text, os.fstat(handle).st_mtime_ns // 1_000_000)
        finally:
            os.close(handle)
    except OSError:
        return None
