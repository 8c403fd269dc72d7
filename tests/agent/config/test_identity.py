from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from wakeful_agent.config import ConfigErrors, Folders, Identity
from wakeful_agent.config.identity import load_identity, load_token, save


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(str(tmp_path / "config"), str(tmp_path / "state"))


def test_what_is_saved_is_loaded_and_the_token_is_for_its_owner_only(folders: Folders) -> None:
    identity = Identity("abc", "https://host:1", "sha256:00", 5, "web")
    save(folders, identity, "wk_agt_x")
    assert load_identity(folders) == identity
    assert load_token(folders.token) == "wk_agt_x"
    assert stat.S_IMODE(Path(folders.token).stat().st_mode) == 0o600


def test_a_machine_that_is_not_enrolled_has_no_identity(folders: Folders) -> None:
    assert load_identity(folders) is None


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"agent_id": "a"},
        {"agent_id": "a", "url": "nonsense"},
        {"agent_id": "a", "url": "http://h", "fingerprint": 5},
        {"agent_id": "a", "url": "http://h", "enrolled_ms": True},
    ],
)
def test_a_spoiled_identity_is_refused_with_the_way_out(folders: Folders, body: Any) -> None:
    Path(folders.config).mkdir()
    Path(folders.identity).write_text(json.dumps(body))
    with pytest.raises(ConfigErrors, match="wakeful-collector invite"):
        load_identity(folders)


def test_an_identity_that_is_no_json_is_refused(folders: Folders) -> None:
    Path(folders.config).mkdir()
    Path(folders.identity).write_text("{")
    with pytest.raises(ConfigErrors, match="cannot be read"):
        load_identity(folders)


def test_a_name_that_is_no_text_is_left_out(folders: Folders) -> None:
    Path(folders.config).mkdir()
    Path(folders.identity).write_text('{"agent_id": "a", "url": "http://h", "name": 5}')
    assert load_identity(folders) == Identity("a", "http://h", None, 0, None)


def test_a_token_others_may_read_is_refused_with_the_chmod_to_run(folders: Folders) -> None:
    save(folders, Identity("a", "http://h", None, 0), "t")
    Path(folders.token).chmod(0o644)
    with pytest.raises(ConfigErrors, match=f"chmod 600 {folders.token}"):
        load_token(folders.token)


def test_a_missing_or_empty_token_is_refused(folders: Folders) -> None:
    with pytest.raises(ConfigErrors, match="cannot be read"):
        load_token(folders.token)
    save(folders, Identity("a", "http://h", None, 0), "")
    with pytest.raises(ConfigErrors, match="holds no token"):
        load_token(folders.token)
