"""SSH as the gateway speaks it, with a server of this process."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import paramiko
import pytest

from wakeful_collector.integrations.ollama import ssh

from ....fakes.ssh_server import SshServer, new_key, ssh_server
from ....fakes.ssh_suite import SshSuite, account, asked, kinds_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with ssh_server(tmp_path) as running:
        yield running


class TestFake(SshSuite):
    """The suite that the real one passes too."""


def test_the_secrets_are_no_part_of_an_accounts_text() -> None:
    text = repr(ssh.Account("nas", 22, "nala", "sesame", "-----BEGIN"))
    assert "nala" in text
    assert "sesame" not in text
    assert "BEGIN" not in text


def test_a_password_is_given_where_it_is_asked_for_by_keyboard_interactive(server: SshServer) -> None:
    server.takes = ["keyboard-interactive"]
    assert asked(server, "true").status == 0


def test_key_and_password_open_what_needs_both(server: SshServer) -> None:
    server.needs_both = True
    assert asked(server, "true", key=server.key).status == 0
    with pytest.raises(ssh.SshError, match="neither a key nor a password that it takes was given"):
        asked(server, "true", password="", key=server.key)


def test_what_the_machine_takes_is_told(server: SshServer) -> None:
    server.takes = ["publickey"]
    with pytest.raises(ssh.SshError, match="it takes no password, but publickey"):
        asked(server, "true")
    with pytest.raises(ssh.SshError, match=r"the private key has a passphrase.*; it takes no password"):
        asked(server, "true", key=new_key(passphrase="x"))
    with pytest.raises(ssh.SshError, match="neither a key nor a password"):
        asked(server, "true", password="")


def test_a_further_kind_of_key_is_no_change(tmp_path: Path) -> None:
    with ssh_server(tmp_path, "rsa", "ecdsa") as server:
        pinned = server.host_key
        assert pinned.kind == "ssh-rsa"
        assert asked(server, "true").status == 0
        assert kinds_of(ssh.host_keys(server.host, server.port, 20)) == ["ecdsa-sha2-nistp256", "ssh-rsa"]
        server.kinds = ("ed25519", "rsa", "ecdsa")
        rsa = server.host_keys[0]
        server.change_host_key()
        server.host_keys[1] = rsa
        assert asked(server, "true", pinned=pinned).status == 0


def test_a_machine_that_goes_in_the_middle_of_its_command_leaves_no_status(server: SshServer) -> None:
    server.hangs_up_after_exec = True
    assert asked(server, "poweroff", stdin="read by nobody") == (None, "", False)
    assert server.commands == ["poweroff"]


@pytest.mark.parametrize("what", ["silent", "stalls_login"])
def test_what_hangs_is_left_in_time(server: SshServer, what: str) -> None:
    setattr(server, what, True)
    with pytest.raises(ssh.SshError, match="did not answer in time") as caught:
        ssh.run(account(server), ["true"], [server.host_key], pytest.fail, 1.0)
    assert caught.value.kind == ssh.LATE
    left = [one for one in threading.enumerate() if isinstance(one, paramiko.Transport) and not one.server_mode]
    for one in left:
        one.join(30)
        assert not one.is_alive()


def test_a_server_that_never_says_whether_it_runs_a_command_is_left(server: SshServer) -> None:
    server.stalls_commands = True
    begun = time.monotonic()
    ended = ssh.run(account(server), ["true"], [server.host_key], pytest.fail, 2.0)
    assert (ended.status, ended.late) == (None, True)
    assert time.monotonic() - begun < 10


def test_a_server_that_opens_no_session_is_told_as_such(server: SshServer) -> None:
    server.refuses_sessions = True
    with pytest.raises(ssh.SshError, match="does not speak SSH as expected") as caught:
        asked(server, "true")
    assert caught.value.kind == ssh.BROKEN


def test_a_server_that_runs_nothing_is_told_as_such(server: SshServer) -> None:
    server.refuses_commands = True
    with pytest.raises(ssh.SshError, match="does not speak SSH as expected"):
        asked(server, "true")


def test_nobody_there(server: SshServer) -> None:
    server.close()
    for talk in (lambda: asked(server, "true"), lambda: ssh.host_keys(server.host, server.port, 5)):
        with pytest.raises(
            ssh.SshError, match=r"127\.0\.0\.1 port \d+ cannot be reached: Connection refused"
        ) as caught:
            talk()
        assert caught.value.kind == ssh.UNREACHABLE
    with pytest.raises(ssh.SshError, match=r"the name no\.such\.invalid cannot be looked up"):
        ssh.run(ssh.Account("no.such.invalid", 22, "x"), ["true"], [], pytest.fail, 5)


def test_something_else_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            for _ in range(len(ssh.KINDS)):
                channel, _ = door.accept()
                channel.sendall(b"HTTP/1.1 400 \x1b[31mBad\r\n\r\n")
                channel.close()

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(ssh.SshError, match="does not speak SSH as expected") as caught:
            ssh.host_keys("127.0.0.1", door.getsockname()[1], 10)
    assert caught.value.kind == ssh.BROKEN
    assert "\x1b" not in str(caught.value)


def test_no_time_is_no_time(server: SshServer) -> None:
    with pytest.raises(ssh.SshError, match="did not answer in time"):
        ssh.run(account(server), ["true"], [server.host_key], pytest.fail, 0)
    assert server.talks == 0
