"""Who this agent is to its collector: identity.json, and the token beside it that nobody else may read."""

from __future__ import annotations

import json
import os
import stat

from wakeful_agent.config.address import parse
from wakeful_agent.config.errors import ConfigErrors, Problem, why
from wakeful_agent.host import durable
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.config.folders import Folders

_HOW_TO_ENROL = "run the line that `wakeful-collector invite` prints on the collector"


class Identity(NamedTuple):
    """What enrolment left: the agent's id, where its collector is, the pinned certificate, when and its name."""

    agent_id: str
    url: str
    fingerprint: str | None
    enrolled_ms: int
    name: str | None = None

    def document(self) -> dict[str, Any]:
        """Return what identity.json holds."""
        return self._asdict()


def load_identity(folders: Folders) -> Identity | None:
    """Return the identity, or None when this machine is not enrolled; raise ConfigErrors when it cannot be read."""
    try:
        with open(folders.identity, encoding="utf-8") as file:
            body = json.load(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigErrors([Problem(folders.identity, 0, f"cannot be read: {why(error)}", _HOW_TO_ENROL)]) from None
    try:
        return _identity(body)
    except ValueError as error:
        raise ConfigErrors([Problem(folders.identity, 0, str(error), _HOW_TO_ENROL)]) from None


def _identity(body: Any) -> Identity:
    if not isinstance(body, dict):
        raise ValueError("is not an object")
    agent_id, url, fingerprint = body.get("agent_id"), body.get("url"), body.get("fingerprint")
    enrolled_ms = body.get("enrolled_ms", 0)
    if not isinstance(agent_id, str) or not agent_id:
        raise ValueError("names no agent_id")
    if not isinstance(url, str):
        raise ValueError("names no url")
    parse(url)
    if fingerprint is not None and not isinstance(fingerprint, str):
        raise ValueError("has a fingerprint that is not text")
    if isinstance(enrolled_ms, bool) or not isinstance(enrolled_ms, int):
        raise ValueError("has an enrolled_ms that is not a whole number")
    name = body.get("name")
    return Identity(agent_id, url, fingerprint, enrolled_ms, name if isinstance(name, str) else None)


def load_token(path: str) -> str:
    """Return the token in the file; raise ConfigErrors when others may read it, it is not there or it is empty."""
    return read_secret(path, "token", _HOW_TO_ENROL)


def read_secret(path: str, what: str, hint: str) -> str:
    """Return the stripped content of a file that only its owner may read; raise ConfigErrors otherwise."""
    try:
        with open(path, encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            secret = file.read(4096).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigErrors([Problem(path, 0, f"the {what} cannot be read: {why(error)}", hint)]) from None
    if mode & 0o077:
        problem = f"holds the {what} and may be read by others (mode {mode:04o})"
        raise ConfigErrors([Problem(path, 0, problem, f"run: chmod 600 {path}")])
    if not secret:
        raise ConfigErrors([Problem(path, 0, f"holds no {what}", hint)])
    return secret


def save(folders: Folders, identity: Identity, token: str) -> None:
    """Write token and identity, whole or not at all, the identity last; raises OSError."""
    os.makedirs(folders.config, mode=0o700, exist_ok=True)
    durable.write(folders.token, f"{token}\n".encode())
    text = json.dumps(identity.document(), indent=2) + "\n"
    durable.write(folders.identity, text.encode("ascii"), 0o644)
