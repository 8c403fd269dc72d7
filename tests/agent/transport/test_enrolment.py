from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wakeful_agent.config import Folders, Identity
from wakeful_agent.config.address import parse
from wakeful_agent.config.identity import load_identity, load_token
from wakeful_agent.network.http import Client
from wakeful_agent.transport.enrolment import Machine, NotTakenIn, enroll
from wakeful_wire.enroll import parse_enroll_request


def taken_in(door: Any, folder: Path) -> Identity:
    folders = Folders(str(folder / "config"), str(folder / "state"))
    return enroll(Client(parse(door.url)), folders, door.url, None, "wk_inv_x", Machine("web", "mid"), 77)


def test_an_invite_brings_an_identity_and_a_token(door: Any, tmp_path: Path) -> None:
    door.answer = lambda _request: (200, {}, b'{"agent_id": "abc", "token": "wk_agt_y"}')
    identity = taken_in(door, tmp_path)
    folders = Folders(str(tmp_path / "config"), "")
    assert identity == load_identity(folders) == Identity("abc", door.url, None, 77, "web")
    assert load_token(folders.token) == "wk_agt_y"
    request = parse_enroll_request(door.pushes[0])
    assert (request.invite, request.name, request.machine_id) == ("wk_inv_x", "web", "mid")
    key = serialization.load_pem_private_key(Path(folders.key).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(request.public_key))
    public.verify(key.sign(b"x"), b"x")
    assert Path(folders.key).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, {"error": "x", "message": "spent; ask: wakeful-collector invite"}, "ask: wakeful-collector invite$"),
        (401, {"error": "spent_invite", "message": "This invite is spent."}, "spent.*Ask for a new line"),
        (422, {"error": "invalid", "message": "name: too long"}, r"\(invalid\): name: too long$"),
        (404, None, "answered 404, which no Wakeful collector does here"),
        (200, {"agent_id": "a"}, "answer is not valid"),
    ],
)
def test_a_refusal_is_said_and_leaves_no_identity(
    door: Any, tmp_path: Path, status: int, body: Any, words: str
) -> None:
    door.answer = lambda _request: (status, {}, json.dumps(body).encode() if body else b"<html>")
    with pytest.raises(NotTakenIn, match=words):
        taken_in(door, tmp_path)
    assert not (tmp_path / "config" / "identity.json").exists()


def test_a_folder_that_cannot_be_written_costs_no_invite(door: Any, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="config"):
        taken_in(door, tmp_path)
    assert door.requests == []
