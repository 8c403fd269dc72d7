from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.link import trust
from wakeful_collector.integrations.proxmox.link.clusters import Cluster

from .....fakes.proxmox import Authority

if TYPE_CHECKING:
    from pathlib import Path

    from .....fakes.proxmox import FakeCluster

WAIT = 30.0


def cluster(**more: object) -> Cluster:
    return Cluster("home", ("pve1",), "a@pve!tt", **more)  # type: ignore[arg-type]  # what a test gives


def test_what_a_host_shows(pve: FakeCluster) -> None:
    found = trust.shown("127.0.0.1", pve.port, WAIT)
    assert found.fingerprint == pve.fingerprint
    assert found.subject == "pve1"
    assert found.issuer.startswith("Proxmox Virtual Environment")
    assert found.names == ("pve1", "localhost", "127.0.0.1")
    assert found.until_ms > 0
    assert not pve.requests()


def test_why_it_is_not_trusted(pve: FakeCluster, tmp_path: Path) -> None:
    def why(**more: object) -> str:
        return trust.refused(cluster(**more), "127.0.0.1", pve.port, WAIT)

    assert why(ca=pve.ca) == ""
    assert why(fingerprints=(pve.fingerprint,)) == ""
    assert "none of the fingerprints" in why(fingerprints=(":".join(["AB"] * 32),))
    assert "issuer" in why()
    assert "issuer" in why(ca=Authority(tmp_path / "other").ca)
    assert "cannot be used" in why(ca="-----BEGIN CERTIFICATE-----\n")
    pve.renew("pve7")
    assert "IP address mismatch" in why(ca=pve.ca)
    pve.renew(days_left=-1)
    assert "expired" in why(ca=pve.ca)
    assert not pve.requests()


def test_a_leaf_may_be_given_as_the_authority(pve: FakeCluster) -> None:
    pem = pve.shown.file.read_text()
    leaf = pem[pem.index("-----BEGIN CERTIFICATE-----") :]
    assert trust.refused(cluster(ca=leaf), "127.0.0.1", pve.port, WAIT) == ""


def test_what_cannot_be_read_has_its_fingerprint_alone() -> None:
    found = trust.certificate(b"nonsense")
    assert len(found.fingerprint) == 95
    assert found[1:] == ("", "", (), 0)


def test_names_are_optional(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    authority = Authority(tmp_path / "ca")
    assert trust.certificate(authority.certificate.public_bytes(serialization.Encoding.DER)).names == ()


def test_nobody_there() -> None:
    with pytest.raises(OSError, match="refused"):
        trust.shown("127.0.0.1", 1, WAIT)
