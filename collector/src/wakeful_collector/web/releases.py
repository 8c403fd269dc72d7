"""`/install.sh` and `/releases/NAME`: the agent's binaries for machines that are to be watched. They are no secret."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import BinaryIO, NoReturn

from flask import Blueprint, Response, current_app, request

from wakeful_collector.model import release as model
from wakeful_collector.read import releases
from wakeful_collector.web import kit

blueprint = Blueprint("releases", __name__)

BLOCK_BYTES = 1 << 18
RETRY_SECONDS = 20
_LANES = "wakeful-releases"
_TEXT = "text/plain; charset=utf-8"


@blueprint.get("/install.sh")
def install() -> kit.Answer:
    """Answer the installer, with this collector's address in it."""
    try:
        script = releases.installer(releases.folder_of(kit.settings()), kit.own_url())
    except releases.NoRelease as error:
        _refuse(error)
    return Response(script, content_type=_TEXT, headers={"Cache-Control": "no-store"})


@blueprint.get("/releases/<name>")
def file(name: str) -> kit.Answer:
    """Answer a file of the release: its lists, or what its manifest names."""
    folder = releases.folder_of(kit.settings())
    try:
        if name in model.LISTS:
            releases.held(folder)
            return Response(releases.small(folder / name), content_type=_TEXT, headers={"Cache-Control": "no-cache"})
        found, size_bytes = releases.opened(folder, name)
    except releases.NoRelease as error:
        _refuse(error)
    lanes = _lanes()
    if request.method == "HEAD":
        found.close()
        answer = Response(content_type="application/octet-stream")
    elif lanes.acquire(blocking=False):
        answer = Response(Download(found, lanes), content_type="application/octet-stream")
    else:
        found.close()
        message = "others are fetching releases at the moment; try again"
        return kit.error_answer(503, "busy", message, headers={"Retry-After": str(RETRY_SECONDS)})
    answer.headers["Content-Length"] = str(size_bytes)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


class Download:
    """A file in blocks, and a lane that is given back when the answer has ended, however it ended."""

    def __init__(self, file: BinaryIO, lanes: BoundedSemaphore) -> None:
        self._file = file
        self._lanes = lanes

    def __iter__(self) -> Download:
        return self

    def __next__(self) -> bytes:
        block = self._file.read(BLOCK_BYTES)
        if not block:
            raise StopIteration
        return block

    def close(self) -> None:
        """Close the file and give the lane back."""
        if not self._file.closed:
            self._file.close()
            self._lanes.release()


def _lanes() -> BoundedSemaphore:
    """Return what bounds how many threads of a process hand out files at once: pages and pushes keep the others."""
    lanes: BoundedSemaphore = current_app.extensions.setdefault(
        _LANES, BoundedSemaphore(max(1, kit.settings().web_threads // 3))
    )
    return lanes


def _refuse(error: releases.NoRelease) -> NoReturn:
    if error.broken:
        current_app.logger.error("the release cannot be handed out: %s", error)
        kit.abort(503, "release", "the release on this collector is not whole; its log says more")
    kit.abort(404, "no_release", "this collector holds no such file of a release of the agent; docs/installing.md")
