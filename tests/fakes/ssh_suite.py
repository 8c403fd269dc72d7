"""What a machine with SSH does, asked of the fake and of Debian's sshd alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import ssh

from .ssh_server import new_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.integrations.ollama.ssh_keys import HostKey

SECONDS = 20.0


def account(server: Any, **other: Any) -> ssh.Account:
    """Return the account of a server, opened by its password unless `other` says how."""
    told = {"password": server.password, **other}
    return ssh.Account(server.host, server.port, server.user, **told)


def asked(server: Any, *command: str, pinned: HostKey | None = None, stdin: str = "", **other: Any) -> ssh.Ended:
    """Run a command with the key that the server has, unless another is said to be pinned."""
    return ssh.run(account(server, **other), command, [pinned or server.host_key], pytest.fail, SECONDS, stdin)


class SshSuite:
    """The tests; who inherits has a fixture `server`."""

    def test_a_command_runs_by_password_and_each_word_stays_one(self, server: Any) -> None:
        words = ("/usr/bin/printf", "%s;", "a b", "$HOME", "it's", "; exit 7", "")
        assert asked(server, *words) == (0, "a b;$HOME;it's;; exit 7;;", False)

    def test_a_command_runs_by_key(self, server: Any) -> None:
        assert asked(server, "id", "-un", password="", key=server.key).status == 0

    def test_a_key_that_is_refused_leaves_the_password(self, server: Any) -> None:
        assert asked(server, "true", key=new_key()).status == 0

    def test_what_a_command_reads_is_given_to_it_and_ends(self, server: Any) -> None:
        assert asked(server, "cat", stdin="one\ntwo\n") == (0, "one\ntwo", False)

    def test_the_status_and_both_outputs_come_back_bounded(self, server: Any) -> None:
        ended = asked(server, "sh", "-c", "echo told; echo wrong >&2; exit 3")
        assert (ended.status, sorted(ended.output.splitlines())) == (3, ["told", "wrong"])
        assert len(asked(server, "sh", "-c", "yes | head -c 100000").output) <= ssh.OUTPUT_BYTES_MAX

    def test_a_password_that_is_refused_is_no_part_of_the_error(self, server: Any) -> None:
        with pytest.raises(ssh.SshError) as caught:
            asked(server, "true", password="not this one")
        assert caught.value.kind == ssh.DENIED
        assert str(caught.value).startswith(f"{server.user} cannot log in at {server.host} port {server.port}: ")
        assert "not this one" not in str(caught.value)

    def test_the_key_is_pinned_before_anything_is_said(self, server: Any) -> None:
        seen: list[HostKey] = []
        with pytest.raises(ssh.SshError):
            ssh.run(account(server, password="wrong"), ["true"], [], seen.append, SECONDS)
        assert seen == [server.host_key]

    def test_another_key_is_refused_with_both_fingerprints(self, server: Any) -> None:
        before = server.host_key
        server.change_host_key()
        with pytest.raises(ssh.KeyChanged) as caught:
            asked(server, "true", pinned=before)
        assert caught.value.kind == ssh.CHANGED
        assert before.fingerprint in str(caught.value)
        assert server.host_key.fingerprint in str(caught.value)
        assert (caught.value.pinned, caught.value.shown) == ((before,), server.host_key)

    def test_its_keys_can_be_asked_for(self, server: Any) -> None:
        assert server.host_key in ssh.host_keys(server.host, server.port, SECONDS)

    def test_a_command_that_does_not_end_is_left(self, server: Any) -> None:
        ended = ssh.run(account(server), ["sleep", "600"], [server.host_key], pytest.fail, 3.0)
        assert (ended.status, ended.late) == (None, True)


def kinds_of(keys: Sequence[HostKey]) -> list[str]:
    """Return the kinds of some keys."""
    return [one.kind for one in keys]
