from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.config.address import parse
from wakeful_agent.host.errors import HostError
from wakeful_agent.network import reach

if TYPE_CHECKING:
    from pathlib import Path


def steps(url: str, through: str = "", **more: Any) -> list[tuple[str, bool]]:
    given = {"ca_file": None, "fingerprint": None, **more}
    found = reach.look(parse(url), parse(through) if through else None, timeout_seconds=5, **given)
    return [(step.name, step.good) for step in found]


def test_each_step_of_the_way(door: Any, tls_door: Any, certificate: Path) -> None:
    assert steps(door.url) == [("dns", True), ("port", True)]
    authority = str(certificate / "cert.pem")
    assert steps(tls_door.url, ca_file=authority) == [("dns", True), ("port", True), ("tls", True)]
    assert steps(tls_door.url) == [("dns", True), ("port", True), ("tls", False)]
    assert steps(tls_door.url, fingerprint="sha256:" + "0" * 64)[-1] == ("tls", False)
    assert steps(tls_door.url, through=door.url) == [("dns", True), ("port", True)]
    assert steps("http://nobody.invalid:1") == [("dns", False)]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert steps(f"http://127.0.0.1:{taken.getsockname()[1]}") == [("dns", True), ("port", False)]


def test_names() -> None:
    assert reach.resolve("127.0.0.1") == ["127.0.0.1"]
    assert reach.resolve("localhost")
    for name in ("nobody.invalid", "x" * 300, "\u00fc"):
        with pytest.raises(HostError, match="cannot be looked up"):
            reach.resolve(name)
