"""The kind `pterodactyl`: what agent.toml may say of it, where its secrets come from, what it says when they fail."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent import watches
from wakeful_agent.action import Outcome
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.network import panel_login
from wakeful_agent.options import check_options
from wakeful_agent.watch import UNKNOWN, UP
from wakeful_agent.watches.pterodactyl.kind import Pterodactyl

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_agent.watch import Sight

GOOD = {"panel": "https://panel.example.com", "server": "1a7ce997", "key_file": "/etc/wakeful/panel.key"}


def test_it_stands_in_the_table_of_contents() -> None:
    assert watches.load("pterodactyl") is Pterodactyl
    assert Pterodactyl.kind == "pterodactyl"
    assert Pterodactyl.acts
    assert Pterodactyl.hears


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"server": "1a7ce997-259b-452e-8b4e-cecc464142ca"},
        {"key_file": "", "username": "kim", "password_file": "/x"},
        {"node": "node.example.com:8080", "fingerprint": "sha256:" + "0" * 64},
        {"node": "[fd00::1]:443"},
    ],
)
def test_good_options_are_taken(more: dict[str, Any]) -> None:
    given = {**GOOD, **more}
    accepted, problems = check_options(Pterodactyl.options, given, local=True)
    assert problems == []
    assert Pterodactyl.check(accepted) == []


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"panel": "panel.example.com"}, "panel"),
        ({"panel": ""}, "panel"),
        ({"panel": "https://kim:secret@panel.example.com"}, "panel"),
        ({"server": "survival"}, "server"),
        ({"server": "1a7ce997/../x"}, "server"),
        ({"key_file": ""}, "key_file"),
        ({"username": "kim"}, "username"),
        ({"key_file": "", "username": "kim"}, "password_file"),
        ({"node": "wss://x"}, "node"),
        ({"fingerprint": "aa:bb"}, "fingerprint"),
        ({"node_fingerprint": "sha256:zz"}, "node_fingerprint"),
    ],
)
def test_what_is_wrong_is_named(more: dict[str, Any], name: str) -> None:
    problems = Pterodactyl.check({**GOOD, **more})
    assert name in [problem.partition(" ")[0] for problem in problems]


def test_two_names_of_one_server_are_one_subject() -> None:
    short = Pterodactyl.subject(GOOD)
    long = {"panel": "https://panel.example.com/", "server": "1A7CE997-259b-452e-8b4e-cecc464142ca"}
    assert Pterodactyl.subject(long) == short
    assert Pterodactyl.subject({**GOOD, "server": "00000000"}) != short


def reported(**more: Any) -> list[Sight]:
    told: list[Sight] = []
    made = Pterodactyl("survival", {**GOOD, **more})
    assert made.inventory() is None
    made.begin(told.append)
    with pytest.raises(HostError, match="does not hear"):
        made.power("start")
    made.end()
    return told


def test_secrets_that_cannot_be_had_are_told(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    [sight] = reported(key_file=str(secret))
    assert (sight.state, sight.data) == (UNKNOWN, {"trouble": "secret"})
    secret.write_text("ptlc_x\n")
    secret.chmod(0o644)
    [sight] = reported(key_file=str(secret))
    assert "chmod" in sight.detail
    secret.chmod(0o600)
    secret.write_text("\n")
    assert reported(key_file=str(secret))[0].state == UNKNOWN
    secret.write_text("ptla_of-the-application-api\n")
    assert "client key is wanted" in reported(key_file=str(secret))[0].detail
    secret.write_text("ptlc_x\n")
    assert "is empty" in reported(key_file="")[0].detail
    assert "cannot be read" in reported(key_file=str(secret), ca_file="/no/such/file")[0].detail


def test_secrets_come_from_their_files(stage: Any, watched: Any, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(f"{stage.key}\n")
    secret.chmod(0o600)
    watched(key="", key_file=str(secret)).wait(UP)


def test_a_changed_secret_is_taken_when_the_file_is_read_again(stage: Any, watched: Any, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    seen = watched(key="", key_file=str(secret))
    assert seen.last.data == {"trouble": "secret"}
    seen.watch.refresh()
    assert seen.states == [UNKNOWN, UNKNOWN]
    secret.write_text("ptlc_0000000000000000000000000000000000000000000")
    secret.chmod(0o600)
    seen.watch.refresh()
    seen.wait(UNKNOWN, "does not know")
    secret.write_text(stage.key)
    seen.watch.refresh()
    seen.wait(UP)
    server = seen.watch._server
    seen.watch.refresh()
    secret.chmod(0o644)
    seen.watch.refresh()
    assert seen.watch._server is server
    seen.watch.end()
    seen.watch.refresh()
    assert seen.watch._server is None


def test_a_named_action_takes_the_place_of_its_own() -> None:
    made = Pterodactyl("survival", GOOD, lambda host, now_ms: Outcome(True, f"by the file's action at {now_ms}"))
    assert made.repair(Host(), 7).summary == "by the file's action at 7"


def test_a_reload_tries_a_refused_password_once_more(
    stage: Any, watched: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_login, "LOGIN_SECONDS_MIN", 0.0)
    monkeypatch.setattr(Pterodactyl, "state", str(tmp_path))
    stage.panel.captcha = False
    secret = tmp_path / "password"
    secret.write_text("secret-2")
    secret.chmod(0o600)
    account = {"key": "", "username": "kim", "password_file": str(secret)}
    assert watched(**account).wait(UNKNOWN, "refuses user and password").data == {"trouble": "password"}
    seen = watched(stage.add_server("creative", owner=stage.kim, state="running"), **account)
    seen.wait(UNKNOWN, "refuses user and password")
    assert len(stage.panel.visits.attempts) == 1
    seen.watch.refresh()
    end = time.monotonic() + 10
    said = seen.watch._server._said.connection
    while (len(stage.panel.visits.attempts) < 2 or said.looking) and time.monotonic() < end:
        time.sleep(0.01)
    assert stage.panel.visits.attempts == [("kim", "wrong")] * 2
    stage.kim.password = "secret-2"
    seen.watch.refresh()
    seen.wait(UP)
    assert stage.panel.visits.attempts == [("kim", "wrong"), ("kim", "wrong"), ("kim", "ok")]


def test_secrets_of_every_account_are_concealed_in_every_console(stage: Any, watched: Any) -> None:
    other = Pterodactyl("other", {**GOOD, "key_file": "", "key": "KeyOfAnotherPanel", "ca_file": "/no/such/file"})
    other.begin(lambda _sight: None)
    seen = watched()
    seen.wait(UP)
    seen.watch._server._take_output("logging in with KeyOfAnotherPanel now")
    assert seen.row()["console_tail"][-1] == "logging in with [secret] now"
