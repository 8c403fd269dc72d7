"""The secrets that a machine may have: what each is for, and how a form asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.ollama import fields as kinds

if TYPE_CHECKING:
    from wakeful_collector.settings_fields import FieldKind


class Secret(NamedTuple):
    """One secret that a machine may have."""

    name: str
    kind: FieldKind
    group: str
    label: str
    help: str


SECRETS = (
    Secret(
        "securon",
        kinds.SECURON,
        "waking",
        "SecureOn password",
        "Six bytes as aa:bb:cc:dd:ee:ff that some cards want at the end of the packet; it travels in clear.",
    ),
    Secret("ssh_password", kinds.secret(), "sleeping", "SSH password", "Not needed when there is a key."),
    Secret(
        "ssh_key",
        kinds.SSH_KEY,
        "sleeping",
        "SSH private key",
        "In OpenSSH's or PEM form, without a passphrase; restrict it there to the one command.",
    ),
    Secret(
        "sudo_password",
        kinds.secret(),
        "sleeping",
        "sudo password",
        "Only where sudo asks for one; it is given to sudo over its standard input.",
    ),
    Secret(
        "upstream_key",
        kinds.secret(4_096),
        "requests",
        "Key of the upstream",
        "Sent to the machine as a bearer token, where something before Ollama wants one.",
    ),
)
NAMES = frozenset(one.name for one in SECRETS)
