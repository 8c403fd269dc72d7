"""A JSON document kept as packed text: what is large, seldom changes, and is said again when it is asked for."""

from __future__ import annotations

import hashlib
import json
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable

DIGEST_CHARACTERS = 32
_WINDOW, _MEMORY = 12, 5  # 32 KB while it packs, where zlib would take 256


class Prepared:
    """A document made from pieces of its JSON text, and held in a fraction of the memory that its objects would take.

    `digest` is the hash by which the collector knows it, `size` the length of its text in characters. The pieces are
    to be ASCII and, together, JSON; they are taken one after the other and never held together.
    """

    __slots__ = ("_packed", "digest", "size")

    def __init__(self, pieces: Iterable[str]) -> None:
        digest = hashlib.sha256()
        packer = zlib.compressobj(6, zlib.DEFLATED, _WINDOW, _MEMORY)
        packed = []
        self.size = 0
        for piece in pieces:
            content = piece.encode("ascii")
            digest.update(content)
            packed.append(packer.compress(content))
            self.size += len(content)
        self._packed = b"".join((*packed, packer.flush()))
        self.digest = digest.hexdigest()[:DIGEST_CHARACTERS]

    def text(self) -> str:
        """Return the document as JSON text."""
        return zlib.decompress(self._packed).decode("ascii")

    def document(self) -> Any:
        """Return the document itself."""
        return json.loads(self.text())
