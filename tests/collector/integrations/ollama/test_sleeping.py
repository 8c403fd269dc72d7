"""Ordering a machine to sleep, over SSH or by its agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import sealed, settings, sleeping
from wakeful_collector.integrations.ollama.states import Outcome
from wakeful_collector.read import gateway

from ....fakes.ssh_server import PASSWORD, USER, SshServer, ssh_server
from .machines import Servant, add

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SUDO = """
[ "$1" = -S ] && { read -r password; [ "$password" = "open, sudo" ] || { echo "no, not $password" >&2; exit 1; }; }
[ "$1" = -n ] && { echo 'sudo: a password is required' >&2; exit 1; }
shift; [ "$1" = -p ] && shift 2; shift
exec "$@"
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with ssh_server(tmp_path / "box") as running:
        running.program("sudo", SUDO)
        running.program("systemctl", 'echo "$@" >>done')
        running.program("shutdown", 'echo down "$@" >>done')
        yield running


def order(data: Path, server: SshServer, **given: Any) -> Outcome:
    told = {"sleep": "ssh", "ssh_host": server.host, "ssh_port": server.port, "ssh_user": USER}
    add(data, **{**told, "ssh_password": PASSWORD, "sudo_password": "open, sudo", **given})
    box = settings.machine(data, "box")
    assert box is not None
    return sleeping.order(data, box, sealed.secrets(data, "box"))


def done(server: SshServer) -> str:
    path = server.folder / "done"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize(
    ("word", "what"), [("suspend", "suspend\n"), ("hibernate", "hibernate\n"), ("poweroff", "down -h now\n")]
)
def test_the_order_is_given_with_the_password_where_sudo_reads_it(
    data: Path, server: SshServer, word: str, what: str
) -> None:
    assert order(data, server, sleep_command=word) == Outcome("sleep", True, f"it took the order to {word}")
    assert done(server) == what
    assert server.said == ["open, sudo\n"]
    assert "open, sudo" not in "".join(server.commands)
    assert server.commands[0].startswith("sudo -S -p '' -- ")


def test_root_needs_no_sudo_and_tells_it_nothing(data: Path, server: SshServer) -> None:
    server.user = "root"
    assert order(data, server, ssh_user="root").ok
    assert server.commands == ["systemctl suspend"]
    assert server.said == []


def test_a_key_opens_the_account_too(data: Path, server: SshServer) -> None:
    assert order(data, server, ssh_password="", ssh_key=server.key).ok


def test_sudo_without_a_password_is_asked_not_to_wait_for_one(data: Path, server: SshServer) -> None:
    outcome = order(data, server, sudo_password="")
    assert outcome == Outcome(
        "sleep", False, "`sudo -n -- systemctl suspend` ended with 1: sudo: a password is required"
    )


def test_what_sudo_says_never_holds_the_password(data: Path, server: SshServer) -> None:
    outcome = order(data, server, sudo_password="wrong, sudo")
    assert outcome == Outcome("sleep", False, "`sudo -S -p -- systemctl suspend` ended with 1: no, not ...")
    assert done(server) == ""


def test_what_says_nothing_and_what_says_much(data: Path, server: SshServer) -> None:
    server.program("systemctl", "exit 5")
    assert order(data, server).detail.endswith("ended with 5: it said nothing")
    server.program("systemctl", "printf 'a%.0s' $(seq 1000); echo; echo the end; exit 5")
    told = order(data, server).detail
    assert told.endswith("a / the end")
    assert len(told) < 400


def test_a_machine_that_goes_in_the_middle_took_the_order(data: Path, server: SshServer) -> None:
    server.hangs_up_after_exec = True
    assert order(data, server) == Outcome("sleep", True, "the connection ended with the order: it goes")


def test_the_key_is_pinned_at_first_use_and_another_is_refused(
    data: Path, server: SshServer, caplog: pytest.LogCaptureFixture
) -> None:
    first = server.host_key
    assert order(data, server, ssh_password="wrong").detail.startswith(f"{USER} cannot log in at 127.0.0.1 port ")
    (pinned,) = gateway.host_keys(data, "box")
    assert (pinned.kind, pinned.key, pinned.fingerprint) == (first.kind, first.key, first.fingerprint)
    assert first.fingerprint in caplog.text
    server.change_host_key()
    outcome = order(data, server)
    assert (outcome.ok, outcome.permanent) == (False, True)
    for part in (first.fingerprint, server.host_key.fingerprint, "gateway.trust", "ssh-keygen -lf"):
        assert part in outcome.detail
    assert done(server) == ""
    assert [one.key for one in gateway.host_keys(data, "box")] == [first.key], "nothing was trusted"


def test_secrets_of_another_collector_are_told_as_such(data: Path, server: SshServer) -> None:
    assert order(data, server).ok
    box = settings.machine(data, "box")
    assert box is not None
    (data / "vault.key").write_bytes(bytes(32))
    outcome = sleeping.order(data, box, sealed.secrets(data, "box"))
    assert outcome == Outcome("sleep", False, "its secrets were sealed with another vault.key: set them again", True)
    assert len(server.commands) == 1


def test_a_machine_that_is_not_there_took_no_order(data: Path, server: SshServer) -> None:
    server.close()
    outcome = order(data, server)
    assert (outcome.ok, outcome.permanent) == (False, False)
    assert "cannot be reached: Connection refused" in outcome.detail


def test_its_agent_is_ordered(data: Path, machine: Callable[..., Any]) -> None:
    box = Servant(machine("box"), [{"name": "suspend", "danger": "changes", "parameters": {}}])
    try:
        one = add(data, sleep="action", host=box.host.id, sleep_action="suspend")
        assert sleeping.order(data, one, {}) == Outcome("sleep", True, "did it")
        assert box.taken == [("suspend", {})]
        box.answer = lambda _: {"state": "failed", "data": {"summary": "a job inhibits it"}}
        assert sleeping.order(data, one, {}) == Outcome("sleep", False, "suspend failed: a job inhibits it")
        one = add(data, sleep="action", host=box.host.id, sleep_action="shutdown")
        refused = sleeping.order(data, one, {})
        assert (refused.ok, refused.permanent) == (False, True)
        assert "does not permit the action shutdown" in refused.detail
    finally:
        box.end()


def test_the_place_of_ssh_is_the_address_of_ollama_unless_it_is_set(data: Path) -> None:
    assert sleeping.place(add(data, "http://192.0.2.9:11434")) == ("192.0.2.9", 22)
    assert sleeping.place(add(data, "http://[2001:db8::9]:11434", ssh_port=2222)) == ("2001:db8::9", 2222)
    assert sleeping.place(add(data, ssh_host="box.lan")) == ("box.lan", 22)
