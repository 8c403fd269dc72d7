"""Where a release is: a folder, or a collector and other addresses; and whether the holder of the key made it."""

from __future__ import annotations

import base64
import hashlib
import os

from wakeful_agent.host.errors import HostError
from wakeful_agent.network.fetch import fetch
from wakeful_agent.update.manifest import NotFit, parse_manifest
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.update.manifest import Tarball

MANIFEST = "manifest.json"
LIST_BYTES_MAX = 1024 * 1024
LIST_SECONDS = 60.0
TARBALL_SECONDS = 900.0


class Origin(NamedTuple):
    """A folder, or an address with what is believed there; nothing that comes from it is believed unchecked."""

    place: str
    ca_file: str | None = None
    fingerprint: str | None = None

    def read(self, name: str, most: int, seconds: float) -> bytes:
        """Return a file of the release; raise NotFit when it cannot be had or has more than `most` bytes."""
        if self.place.startswith(("http://", "https://")):
            return self._fetch(f"{self.place.rstrip('/')}/{name}", most, seconds)
        try:
            with open(os.path.join(self.place, name), "rb") as file:
                content = file.read(most + 1)
        except OSError as error:
            raise NotFit(f"{os.path.join(self.place, name)}: {error.strerror}") from None
        if len(content) > most:
            raise NotFit(f"{name} has more than {most} bytes")
        return content

    def _fetch(self, url: str, most: int, seconds: float) -> bytes:
        try:
            found = fetch(
                url, timeout_seconds=seconds, most=most, ca_file=self.ca_file, fingerprint=self.fingerprint, redirects=3
            )
        except HostError as error:
            raise NotFit(f"{url}: {error}") from None
        if found.status != 200:
            raise NotFit(f"{url} answered {found.status}: there is no release, or not all of it")
        return found.body


def find_release(origin: Origin, key: str, machine: str) -> Tarball:
    """Return the release for this machine, after looking whether `key` signed its manifest; raise NotFit."""
    manifest = origin.read(MANIFEST, LIST_BYTES_MAX, LIST_SECONDS)
    signature = origin.read(f"{MANIFEST}.sig", LIST_BYTES_MAX, LIST_SECONDS)
    if not is_signed(manifest, signature, key):
        raise NotFit(f"WRONG SIGNATURE: the release at {origin.place} is not signed by update.key of agent.toml")
    return parse_manifest(manifest, machine)


def is_signed(content: bytes, signature: bytes, key: str) -> bool:
    """Tell whether the base64 `signature` is that of the Ed25519 key `key` (base64) over `content`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        public.verify(base64.b64decode(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_tarball(origin: Origin, tarball: Tarball) -> bytes:
    """Return the packed release when it is what the manifest says; raise NotFit."""
    content = origin.read(tarball.name, tarball.size_bytes, TARBALL_SECONDS)
    if len(content) != tarball.size_bytes or hashlib.sha256(content).hexdigest() != tarball.sha256:
        raise NotFit(f"WRONG CHECKSUM: {tarball.name} is not what the manifest says, or came in part")
    return content
