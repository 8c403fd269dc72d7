"""Being taken in: a new key, an invite spent, an identity and a token kept."""

from __future__ import annotations

import binascii
import os

from wakeful_agent.config import Identity
from wakeful_agent.config import identity as files
from wakeful_agent.host import durable
from wakeful_agent.transport.reading import document, problem
from wakeful_wire import __version__, packing
from wakeful_wire.enroll import parse_enroll_answer
from wakeful_wire.errors import WireError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.config import Folders
    from wakeful_agent.network.http import Client

ENROLL_PATH = "/api/v1/enroll"


class NotTakenIn(Exception):
    """The collector refused the enrolment; the text says why and names the way out."""


class Machine(NamedTuple):
    """What a machine says of itself when it asks to be taken in."""

    name: str
    machine_id: str


def enroll(
    client: Client, folders: Folders, url: str, fingerprint: str | None, invite: str, machine: Machine, now_ms: int
) -> Identity:
    """Spend the invite and keep what it brought; raise NotTakenIn, Unreachable, or OSError when files cannot be kept.

    The folder is tried before the invite is spent, so that a read-only disk does not cost an invite.
    """
    os.makedirs(folders.config, mode=0o700, exist_ok=True)
    private, public = new_key()
    durable.write(folders.key, private)
    request = {
        "invite": invite,
        "name": machine.name,
        "machine_id": machine.machine_id,
        "version": __version__,
        "public_key": public,
    }
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = client.post(ENROLL_PATH, packing.pack(request), headers)
    if response.status != 200:
        raise NotTakenIn(_refusal(response.status, *problem(response)))
    try:
        answer = parse_enroll_answer(document(response))
    except WireError as error:
        raise NotTakenIn(f"the collector's answer is not valid: {error.message}") from None
    taken = Identity(answer.agent_id, url, fingerprint, now_ms, machine.name)
    files.save(folders, taken, answer.token)
    return taken


def new_key() -> tuple[bytes, str]:
    """Return a new Ed25519 key: the private half as PEM (PKCS 8), the public one in base64 (RFC 8032, 32 bytes)."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return private, binascii.b2a_base64(public, newline=False).decode("ascii")


def _refusal(status: int, code: str, message: str) -> str:
    if not code:
        return f"the address answered {status}, which no Wakeful collector does here; check the address"
    hint = ""
    if status in {401, 403, 404, 409, 410} and "wakeful-collector invite" not in message:
        hint = ". Ask for a new line: `wakeful-collector invite` on the collector"
    return f"the collector refused ({code}): {message}{hint}"
