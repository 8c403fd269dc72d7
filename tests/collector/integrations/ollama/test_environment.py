"""The machine that another service's .env describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama.environment import FIELDS, NAMES, describe, found, gather

if TYPE_CHECKING:
    from pathlib import Path

DOTENV = """\
# the machine
EQUIPO_IA=192.168.1.100
export IA_MAC="00:11:22:33:44:55"
OLLAMA_PORT=11434
SSH_USER=ia        # who
SSH_PASS='pa#ss "word" '
SSH_PORT=2222
WOL_BROADCAST=192.168.1.255
API_KEYS=first-long-key-1,second-long-key-2, first-long-key-1
"""


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    file = tmp_path / ".env"
    file.write_text(DOTENV)
    return file


def test_a_file_describes_the_default_machine(dotenv: Path) -> None:
    values, problems = gather({}, dotenv)
    assert not problems
    known = describe(values)
    assert known is not None
    assert known.fields == {
        "url": "http://192.168.1.100:11434",
        "wake": "packet",
        "mac": "00:11:22:33:44:55",
        "broadcast": "192.168.1.255",
        "sleep": "ssh",
        "ssh_host": "192.168.1.100",
        "ssh_port": 2222,
        "ssh_user": "ia",
    }
    assert known.beside["default"] is True
    assert known.secrets == {"ssh_password": 'pa#ss "word" ', "sudo_password": 'pa#ss "word" '}
    assert known.keys == ("first-long-key-1", "second-long-key-2")
    assert not known.problems


def test_the_environment_wins_and_secrets_may_stand_in_files(dotenv: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    (tmp_path / "keys").write_text("one-key-of-docker,another-of-docker\n")
    environ = {
        "EQUIPO_IA": "gpu.lan",
        "SSH_PASS": "",
        "SSH_SUDO_PASS_FILE": str(tmp_path / "password"),
        "API_KEYS_FILE": str(tmp_path / "keys"),
    }
    known = describe(gather(environ, dotenv)[0])
    assert known is not None
    assert (known.fields["url"], known.fields["ssh_host"]) == ("http://gpu.lan:11434", "gpu.lan")
    assert known.secrets["sudo_password"] == "from a file"
    assert known.secrets["ssh_password"] == 'pa#ss "word" '
    assert known.keys == ("one-key-of-docker", "another-of-docker")


def test_files_that_cannot_be_read_are_all_said(tmp_path: Path) -> None:
    environ = {"EQUIPO_IA": "gpu", "SSH_PASS_FILE": str(tmp_path / "nothing")}
    values, problems = gather(environ, tmp_path / "none.env")
    assert values == {"EQUIPO_IA": "gpu"}
    assert [problem.where for problem in problems] == ["gateway_env", "SSH_PASS_FILE"]
    assert all("No such file" in problem.message and problem.hint for problem in problems)


def test_without_the_machine_nothing_is_said() -> None:
    assert gather({}, None) == ({}, [])
    assert describe({"SSH_USER": "somebody", "API_KEYS": "of-another-program"}) is None


def test_what_is_not_named_is_not_done() -> None:
    known = describe({"EQUIPO_IA": "fd00::7"})
    assert known is not None
    assert known.fields == {"url": "http://[fd00::7]:11434"}
    assert (known.beside["wake"], known.beside["sleep"], known.beside["sleep_command"]) == (
        "never",
        "never",
        "poweroff",
    )
    assert (known.secrets, known.keys) == ({}, ())


def test_what_is_wrong_is_said_at_once_and_never_with_a_secret() -> None:
    known = describe(
        {
            "EQUIPO_IA": "gpu",
            "IA_MAC": "x",
            "OLLAMA_PORT": "port",
            "WOL_PORT": "0",
            "SSH_USER": "u",
            "SSH_PORT": "70000",
            "API_KEYS": "long-enough-to-be-one, s3cret ,",
        }
    )
    assert known is not None
    assert [problem.where for problem in known.problems] == ["OLLAMA_PORT", "WOL_PORT", "SSH_PORT", "API_KEYS"]
    assert "key number 2 has 6 characters" in known.problems[-1].message
    assert "s3cret" not in str(known.problems)
    assert known.keys == ("long-enough-to-be-one",)


def test_every_field_has_a_name_that_is_known() -> None:
    assert set(FIELDS.values()) <= set(NAMES)


def test_everything_wrong_is_found_together(tmp_path: Path) -> None:
    file = tmp_path / "gateway.env"
    file.write_text("EQUIPO_IA=gpu\nSSH_PORT=x\n")
    known, problems = found({"API_KEYS": "short", "SSH_USER_FILE": str(tmp_path / "none")}, file)
    assert known is not None
    assert [problem.where for problem in problems] == ["SSH_USER_FILE", "SSH_PORT", "API_KEYS"]
    file.write_text("")
    assert "holds no EQUIPO_IA" in str(found({}, file)[1])
    assert found({}, None) == (None, [])
