"""The keys of SSH: what people paste, and how a machine's own is shown."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama.ssh_keys import HostKey, KeyUnfit, algorithms, private_key

from ....fakes.ssh_server import new_key

if TYPE_CHECKING:
    from pathlib import Path


def test_a_fingerprint_is_the_one_that_ssh_keygen_shows(tmp_path: Path) -> None:
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    kind, key, _ = (tmp_path / "key.pub").read_text().split(" ", 2)
    shown = subprocess.run(["ssh-keygen", "-lf", path], check=True, capture_output=True, text=True).stdout
    assert shown.split()[1] == HostKey(kind, key).fingerprint
    assert HostKey(kind, key).text == f"ssh-ed25519 {shown.split()[1]}"
    assert private_key(path.read_text()).get_base64() == key


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
@pytest.mark.parametrize("pem", [False, True])
def test_keys_of_every_kind_and_form_are_read(kind: str, pem: bool) -> None:
    text = new_key(kind, pem=pem)
    name = private_key(text).get_name()
    assert kind in name
    assert private_key("\r\n".join(f"  {line} " for line in text.splitlines())).get_name() == name


@pytest.mark.parametrize("pem", [False, True])
def test_a_key_with_a_passphrase_is_refused_as_such(pem: bool) -> None:
    with pytest.raises(KeyUnfit, match="has a passphrase"):
        private_key(new_key(passphrase="secret", pem=pem))


@pytest.mark.parametrize(
    "text",
    ["", "hunter2 hunter2", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ana@nas", new_key()[:200], "\x00\ud800"],
)
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KeyUnfit, match="this is no private key") as caught:
        private_key(text)
    assert "hunter2" not in str(caught.value)


def test_a_key_of_a_kind_that_ssh_does_not_have_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric import x25519

    raw = x25519.X25519PrivateKey.generate().private_bytes(
        forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    )
    with pytest.raises(KeyUnfit, match="neither Ed25519 nor ECDSA nor RSA"):
        private_key(raw.decode())


def test_an_rsa_key_signs_by_sha2() -> None:
    assert algorithms("ssh-rsa") == ("rsa-sha2-512", "rsa-sha2-256")
    assert algorithms("ssh-ed25519") == ("ssh-ed25519",)
