"""Where a release comes from: a folder or an address, and whether the right key signed it."""

from __future__ import annotations

import base64
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Iterator

import pytest

from wakeful_agent.update.manifest import NotFit
from wakeful_agent.update.origin import Origin, find_release, is_signed, read_tarball

from .workshop import KEY, MACHINE, publish

if TYPE_CHECKING:
    from pathlib import Path

OTHER_KEY = base64.b64encode(b"k" * 32).decode()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_words: Any) -> None:
        return


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    publish(tmp_path / "dist", "2.0.0")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "dist")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_release_is_found_in_a_folder_and_at_an_address(tmp_path: Path, place: str) -> None:
    for where in (str(tmp_path / "dist"), place, f"{place}/"):
        source = Origin(where)
        found = find_release(source, KEY, MACHINE)
        assert found.version == "2.0.0"
        assert read_tarball(source, found) == (tmp_path / "dist" / found.name).read_bytes()


def test_what_is_not_there_is_said(tmp_path: Path, place: str) -> None:
    with pytest.raises(NotFit, match="No such file"):
        find_release(Origin(str(tmp_path)), KEY, MACHINE)
    with pytest.raises(NotFit, match="answered 404"):
        Origin(place).read("nothing", 10_000, 10)
    with pytest.raises(NotFit, match=r"http://127.0.0.1:1/"):
        find_release(Origin("http://127.0.0.1:1"), KEY, MACHINE)


def test_what_is_too_large_is_refused(tmp_path: Path, place: str) -> None:
    for where in (str(tmp_path / "dist"), place):
        with pytest.raises(NotFit):
            Origin(where).read("manifest.json", 10, 10)


def test_another_key_or_a_changed_manifest_is_refused(tmp_path: Path) -> None:
    source = Origin(str(tmp_path / "dist"))
    publish(tmp_path / "dist", "2.0.0")
    with pytest.raises(NotFit, match="WRONG SIGNATURE"):
        find_release(source, OTHER_KEY, MACHINE)
    path = tmp_path / "dist" / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"made": 1', b'"made": 2'))
    with pytest.raises(NotFit, match="WRONG SIGNATURE"):
        find_release(source, KEY, MACHINE)


@pytest.mark.parametrize("signature", [b"", b"nonsense", base64.b64encode(b"s" * 64), b"\xff\xfe"])
def test_what_is_no_signature_is_none(signature: bytes) -> None:
    assert not is_signed(b"content", signature, KEY)
    assert not is_signed(b"content", signature, "short")


@pytest.mark.parametrize("change", [lambda content: content[:-10], lambda content: content[:-1] + b"?"])
def test_a_tarball_that_is_another_is_refused(tmp_path: Path, change: Any) -> None:
    content = publish(tmp_path / "dist", "2.0.0")
    source = Origin(str(tmp_path / "dist"))
    found = find_release(source, KEY, MACHINE)
    (tmp_path / "dist" / found.name).write_bytes(change(content))
    with pytest.raises(NotFit, match="WRONG CHECKSUM"):
        read_tarball(source, found)
