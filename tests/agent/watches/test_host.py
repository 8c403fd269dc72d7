"""A neighbour: asked over a real port, woken by real packets, caught at an address of this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.watch import DOWN, UP
from wakeful_agent.watches import host as module
from wakeful_agent.watches.host import HostWatch

if TYPE_CHECKING:
    from pathlib import Path

MAC = "02:00:5e:10:00:01"


def watch(check: str, **options: Any) -> HostWatch:
    return HostWatch("nas", {"mac": MAC, "check": check, "timeout_seconds": 0.5, **options})


def test_it_is_up_while_its_port_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check = f"tcp:127.0.0.1:{server.getsockname()[1]}"
        assert watch(check).look(Host(), 0).state == UP
    sight = watch(check).look(Host(), 0)
    assert sight.state == DOWN
    assert "nothing listens" in sight.detail


def own_address() -> str:
    """Return an address of this machine that is not loopback: what is sent there comes back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        try:
            channel.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network at all")
        return str(channel.getsockname()[0])


def test_it_is_woken_by_packets_with_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    secret = tmp_path / "password"
    secret.write_text("01:02:03:04:05:06\n")
    secret.chmod(0o600)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("0.0.0.0", 0))
        ear.settimeout(5)
        port = ear.getsockname()[1]
        one = watch("ping:127.0.0.1", address=own_address(), port=port, repeat=2, password_file=str(secret))
        outcome = one.repair(Host(), 0)
        packets = [ear.recv(200) for _ in range(2)]
    expected = b"\xff" * 6 + bytes.fromhex(MAC.replace(":", "")) * 16 + bytes([1, 2, 3, 4, 5, 6])
    assert packets == [expected, expected]
    assert outcome.done
    assert outcome.summary.startswith("2 packets were sent: ")
    assert "010203" not in outcome.summary


def test_a_password_that_is_open_to_others_is_not_used(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("01:02:03:04:05:06\n")
    secret.chmod(0o644)
    with pytest.raises(HostError):
        watch("ping:127.0.0.1", password_file=str(secret)).repair(Host(), 0)


def test_what_the_file_says_wrong() -> None:
    problems = HostWatch.check({"mac": "zz", "check": "http:x"})
    assert [problem.split()[0] for problem in problems] == ["mac", "check"]
    assert HostWatch.subject({"mac": "02-00-5E-10-00-01"}) == MAC
