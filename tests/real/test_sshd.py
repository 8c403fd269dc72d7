"""SSH with Debian's sshd and sudo: the suite that the fake passes too, and orders to power off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import settings, sleeping
from wakeful_collector.store import database, gateway_machines
from wakeful_collector.store.changes import changing_gateway

from ..fakes.ssh_suite import SshSuite
from .sshd import Sshd, machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wakeful_collector.integrations.ollama.states import Outcome

pytestmark = [pytest.mark.real, pytest.mark.root]


@pytest.fixture
def server() -> Iterator[Sshd]:
    with machine() as made:
        made.start()
        yield made


class TestReal(SshSuite):
    """What holds for Debian's sshd."""


def order(data: Path, server: Sshd, **given: Any) -> Outcome:
    """Order the machine to power off, as the gateway does."""
    one = settings.Machine(
        "box",
        "http://192.0.2.1:11434",
        sleep="ssh",
        ssh_host=server.host,
        ssh_port=server.port,
        ssh_user=server.user,
        sleep_command="poweroff",
    )
    return sleeping.order(data, one, {"ssh_password": server.password, **given})


@pytest.fixture
def data(tmp_path: Path, server: Sshd) -> Path:
    folder = tmp_path / "data"
    database.create(folder)
    with changing_gateway(folder) as connection:
        gateway_machines.keep(connection, settings.row(settings.Machine("box", "http://192.0.2.1:11434"), "", 1, 1))
    server.program("shutdown", f'echo "$@" >>{server.folder}/down')
    return folder


def down(server: Sshd) -> str:
    """Return what the machine's shutdown was told."""
    path = server.folder / "down"
    return path.read_text() if path.exists() else ""


def test_sudo_takes_its_password_where_nobody_else_sees_it(data: Path, server: Sshd) -> None:
    assert order(data, server, sudo_password=server.password).ok
    assert down(server) == "-h now\n"
    told = (server.folder / "sudo.log").read_text() + (server.folder / "sshd.log").read_text()
    assert "COMMAND=" in told
    assert server.password not in told


def test_sudo_refuses_a_wrong_password(data: Path, server: Sshd) -> None:
    outcome = order(data, server, sudo_password="not the one, 7")
    assert not outcome.ok
    assert outcome.detail.startswith("`sudo -S -p -- shutdown -h now` ended with 1: ")
    assert "password" in outcome.detail
    assert "not the one, 7" not in outcome.detail
    assert down(server) == ""


def test_sudo_that_wants_a_password_and_gets_none_is_not_waited_for(data: Path, server: Sshd) -> None:
    outcome = order(data, server)
    assert not outcome.ok
    assert "sudo: a password is required" in outcome.detail


def test_sudo_without_a_password(data: Path, server: Sshd) -> None:
    server.permit("shutdown -h now", free=True)
    assert order(data, server).ok
    assert down(server) == "-h now\n"


def test_sudo_does_not_permit_it(data: Path, server: Sshd) -> None:
    server.permit("reboot")
    outcome = order(data, server, sudo_password=server.password)
    assert not outcome.ok
    assert "is not allowed to execute" in outcome.detail
    assert server.password not in outcome.detail
    assert down(server) == ""


def test_a_key_that_may_run_one_command_runs_that_one(data: Path, server: Sshd) -> None:
    server.permit("shutdown -h now", free=True)
    keys = server.folder / "authorized_keys"
    keys.write_text(f'restrict,command="sudo -n -- shutdown -h now" {keys.read_text()}', encoding="ascii")
    assert order(data, server, ssh_password="", ssh_key=server.key).ok
    assert down(server) == "-h now\n"
