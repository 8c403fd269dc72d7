"""The release of the agent that lies in the releases folder; only what its manifest says is given."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, BinaryIO

from wakeful_collector.model import release as model

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.model.release import Offer, Release

SMALL_BYTES_MAX = 1 << 20
_BLOCK_BYTES = 1 << 20
_whole: dict[tuple[str, int, int, int], str] = {}


class NoRelease(Exception):
    """There is no release, or no such file of it; `broken` when it is there and not what its manifest says."""

    def __init__(self, message: str, broken: bool = False) -> None:
        super().__init__(message)
        self.broken = broken


def folder_of(settings: Settings) -> Path:
    """Return the folder of the release."""
    return settings.releases or settings.data / "releases"


def held(folder: Path) -> Release:
    """Return the release in the folder; raise NoRelease."""
    text = small(folder / model.MANIFEST)
    try:
        return model.parse(text.decode("ascii"))
    except ValueError as error:
        raise NoRelease(f"{folder / model.MANIFEST} cannot be used: {error}", broken=True) from None


def small(path: Path) -> bytes:
    """Return a small file of a release; raise NoRelease when it is not there, or not small."""
    try:
        with path.open("rb") as file:
            content = file.read(SMALL_BYTES_MAX + 1)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise NoRelease(f"{path.name} is not there" if missing else f"{path}: {error.strerror}", not missing) from None
    if len(content) > SMALL_BYTES_MAX:
        raise NoRelease(f"{path} has more than {SMALL_BYTES_MAX} bytes", broken=True)
    return content


def opened(folder: Path, name: str) -> tuple[BinaryIO, int]:
    """Return a file of the release, open at its start, and its size in bytes; raise NoRelease.

    It is what the manifest says, or it is not given: a tarball that was copied in part never leaves this machine.
    """
    expected = held(folder).files.get(name) if model.NAME.fullmatch(name) else None
    if expected is None:
        raise NoRelease("the release has no such file")
    try:
        file = (folder / name).open("rb")
    except OSError as error:
        raise NoRelease(f"{folder / name}: {error.strerror}", broken=True) from None
    try:
        status = os.fstat(file.fileno())
        if status.st_size != expected.size_bytes or _sum(file, status) != expected.sha256:
            raise NoRelease(f"{folder / name} is not what the manifest says", broken=True)
    except BaseException:
        file.close()
        raise
    return file, expected.size_bytes


def installer(folder: Path, url: str) -> str:
    """Return the release's installer, made to lead to the collector at `url`; raise NoRelease."""
    file, _ = opened(folder, model.INSTALLER)
    with file:
        script = file.read().decode("ascii")
    try:
        return model.served(script, url)
    except ValueError:
        raise NoRelease(f"the installer cannot lead to {url[:100]!r}", broken=True) from None


def offer(settings: Settings, url: str) -> Offer:
    """Return what a line to be pasted is made of, for a collector that is reached at `url`; raise NoRelease."""
    folder = folder_of(settings)
    release = held(folder)
    script = installer(folder, url)
    signed = (folder / f"{model.SUMS}.sig").is_file() and (folder / model.KEY).is_file()
    key = model.parse_key(small(folder / model.KEY).decode("ascii", "replace")) if signed else None
    sums = hashlib.sha256(small(folder / model.SUMS)).hexdigest()
    return model.Offer(release.version, key, sums, hashlib.sha256(script.encode("ascii")).hexdigest())


def _sum(file: BinaryIO, status: os.stat_result) -> str:
    """Return a file's SHA-256, made once as long as the file stays the same."""
    key = (os.fspath(file.name), status.st_ino, status.st_mtime_ns, status.st_size)
    if key not in _whole:
        if len(_whole) > model.FILES_MAX:
            _whole.clear()
        summed = hashlib.sha256()
        while block := file.read(_BLOCK_BYTES):
            summed.update(block)
        file.seek(0)
        _whole[key] = summed.hexdigest()
    return _whole[key]
