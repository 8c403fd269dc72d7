"""Unpacking a release: only plain files, folders and links within, only below its own folder, bounded in size."""

from __future__ import annotations

import os

from wakeful_agent.update.manifest import NotFit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarfile import TarFile, TarInfo

UNPACKED_BYTES_MAX = 512 * 1024 * 1024
MEMBERS_MAX = 20_000
_BLOCK_BYTES = 1 << 20


def unpack(content: bytes, top: str, folder: str) -> None:
    """Unpack what lies below `top` in a .tar.xz into `folder`, which must be empty; raise NotFit, OSError."""
    import io
    import lzma
    import tarfile

    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:xz") as archive:
            for number, member in enumerate(archive):
                total += member.size
                if number >= MEMBERS_MAX or total > UNPACKED_BYTES_MAX:
                    raise NotFit("the tarball holds more than a release can")
                inner = _inner(member.name, top)
                if inner:
                    _put(archive, member, inner, folder)
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise NotFit(f"the tarball cannot be unpacked: {error}") from None


def _inner(name: str, top: str) -> str:
    """Return a member's path below the top folder, empty for that folder itself; raise NotFit for any other place."""
    parts = name.split("/")
    if parts[0] != top or any(part in {"", ".", ".."} for part in parts):
        raise NotFit(f"the tarball holds {name[:80]!r}, which does not belong there")
    return "/".join(parts[1:])


def _put(archive: TarFile, member: TarInfo, inner: str, folder: str) -> None:
    path = os.path.join(folder, inner)
    if member.isdir():
        os.makedirs(path, 0o755, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    if os.path.realpath(os.path.dirname(path)) != os.path.normpath(os.path.dirname(path)):
        raise NotFit(f"the tarball holds {inner[:80]!r} below a link")
    if member.issym():
        _link(member.linkname, path, inner)
    elif member.isreg():
        _write(archive, member, path)
    else:
        raise NotFit(f"the tarball holds {inner[:80]!r}, which is neither file nor folder")


def _link(target: str, path: str, inner: str) -> None:
    depth = inner.count("/")
    parts = target.split("/")
    if target.startswith("/") or parts.count("..") > depth or ".." in parts[parts.count("..") :]:
        raise NotFit(f"the tarball holds the link {inner[:80]!r}, which leads out of it")
    os.symlink(target, path)


def _write(archive: TarFile, member: TarInfo, path: str) -> None:
    source = archive.extractfile(member)
    mode = 0o755 if member.mode & 0o100 else 0o644
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        while source is not None and (block := source.read(_BLOCK_BYTES)):
            file.write(block)
        file.flush()
        os.fchmod(handle, mode)
        os.fsync(handle)
