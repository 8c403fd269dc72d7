"""Ordering a machine to sleep: one fixed command over SSH, or a named action of its agent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import commanding, sealed, ssh
from wakeful_collector.integrations.ollama.ssh_keys import HostKey
from wakeful_collector.integrations.ollama.states import SLEEP, Outcome
from wakeful_collector.read import gateway
from wakeful_collector.store import gateway_host_keys
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine

log = logging.getLogger("wakeful.gateway")

SSH_SECONDS = 30.0
ACTION_SECONDS = 30.0
"""How long its agent has to take the order; a machine that goes down at once never says that it did."""
COMMANDS = {
    "poweroff": ("shutdown", "-h", "now"),
    "suspend": ("systemctl", "suspend"),
    "hibernate": ("systemctl", "hibernate"),
}
_SHOWN_CHARACTERS_MAX = 300


def order(data: Path, machine: Machine, secrets: Mapping[str, str]) -> Outcome:
    """Order a machine to sleep and return whether it took the order; that it is gone is for the next look to see."""
    if machine.sleep == "action":
        answer = commanding.ask(data, machine.host, machine.sleep_action, machine.sleep_arguments, ACTION_SECONDS)
        return Outcome(SLEEP, answer.done or answer.taken, answer.text, answer.permanent)
    if not sealed.is_readable(data, machine.name):
        return Outcome(SLEEP, False, "its secrets were sealed with another vault.key: set them again", True)
    try:
        ended = _over_ssh(data, machine, secrets)
    except ssh.SshError as error:
        return Outcome(SLEEP, False, str(error), error.kind in {ssh.CHANGED, ssh.DENIED})
    if ended.status is None:
        return Outcome(SLEEP, True, "the connection ended with the order: it goes")
    if ended.status == 0:
        return Outcome(SLEEP, True, f"it took the order to {machine.sleep_command}")
    said = _without(ended.output.strip(), secrets)[-_SHOWN_CHARACTERS_MAX:].replace("\n", " / ")
    words = " ".join(word for word in command(machine, bool(secrets.get("sudo_password"))) if word)
    return Outcome(SLEEP, False, f"`{words}` ended with {ended.status}: {said or 'it said nothing'}")


def command(machine: Machine, has_sudo_password: bool) -> tuple[str, ...]:
    """Return the words of the order; who is not root asks sudo, which reads a password from its standard input."""
    words = COMMANDS[machine.sleep_command]
    if machine.ssh_user == "root":
        return words
    return ("sudo", "-S", "-p", "", "--", *words) if has_sudo_password else ("sudo", "-n", "--", *words)


def place(machine: Machine) -> tuple[str, int]:
    """Return host and port of its SSH server."""
    return machine.ssh_host or urlsplit(machine.url).hostname or "", machine.ssh_port


def pinned(data: Path, machine: Machine) -> list[HostKey]:
    """Return the host keys that are trusted for it."""
    return [HostKey(one.kind, one.key) for one in gateway.host_keys(data, machine.name)]


def pin(data: Path, machine: Machine, key: HostKey) -> None:
    """Trust a host key of it from now on."""
    row = gateway_host_keys.HostKey(machine.name, key.kind, key.key, key.fingerprint, clock.now_ms())
    with changing_gateway(data) as connection:
        gateway_host_keys.pin(connection, row)
    log.warning("the host key of %s was seen for the first time and is pinned: %s", machine.name, key.text)


def _over_ssh(data: Path, machine: Machine, secrets: Mapping[str, str]) -> ssh.Ended:
    host, port = place(machine)
    account = ssh.Account(host, port, machine.ssh_user, secrets.get("ssh_password", ""), secrets.get("ssh_key", ""))
    password = secrets.get("sudo_password", "")
    stdin = f"{password}\n" if password and machine.ssh_user != "root" else ""
    words = command(machine, bool(password))
    return ssh.run(account, words, pinned(data, machine), lambda key: pin(data, machine, key), SSH_SECONDS, stdin)


def _without(text: str, secrets: Mapping[str, str]) -> str:
    """Return what a program wrote, without any secret that it may have repeated."""
    for one in sorted((one for one in secrets.values() if one), key=len, reverse=True):
        text = text.replace(one, "...")
    return text
