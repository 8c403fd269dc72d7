"""Where the running collector is found: what it listens on, and how browsers and agents reach it."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.serving import certificate
from wakeful_collector.settings_kinds import split_address

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings

FILE_NAME = "serving.json"


class Place(NamedTuple):
    """A running collector: its supervisor's process, the address it listens on, its certificate if it speaks TLS."""

    pid: int
    address: str
    tls_certificate: str | None


class Reach(NamedTuple):
    """How others reach the collector: URL, fingerprint to pin if its certificate vouches for itself, only locally?"""

    url: str
    fingerprint: str | None
    loopback_only: bool


def write(data: Path, place: Place) -> None:
    """Note in the data folder where the collector runs."""
    temporary = data / f".{FILE_NAME}.{place.pid}"
    temporary.write_text(json.dumps(place._asdict()), encoding="utf-8")
    temporary.replace(data / FILE_NAME)


def forget(data: Path) -> None:
    """Remove the note."""
    with contextlib.suppress(OSError):
        (data / FILE_NAME).unlink()


def running(data: Path) -> Place | None:
    """Return where the collector of this data folder runs, None when it does not."""
    try:
        body = json.loads((data / FILE_NAME).read_text(encoding="utf-8"))
        place = Place(int(body["pid"]), str(body["address"]), body["tls_certificate"])
        os.kill(place.pid, 0)
    except PermissionError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return place


def reach(settings: Settings, place: Place | None) -> Reach:
    """Return the address to hand out: `public_url`, else what is listened on now or would be."""
    tls = place.tls_certificate if place is not None else (str(settings.tls_certificate or "") or None)
    pin = _pin(tls, settings)
    if settings.public_url:
        return Reach(settings.public_url, pin, False)
    host, port = split_address(place.address if place is not None else settings.listen)
    outward = _outward_address(host)
    shown = f"[{outward}]" if ":" in outward else outward
    return Reach(f"{'https' if tls else 'http'}://{shown}:{port}", pin, _is_loopback(outward))


def _pin(tls: str | None, settings: Settings) -> str | None:
    if tls is None:
        return None
    path = settings.tls_certificate if settings.tls_certificate is not None else settings.data / "tls" / "self.crt"
    try:
        return certificate.fingerprint(path) if certificate.is_self_signed(path) else None
    except (OSError, ValueError):
        return None


def _outward_address(host: str) -> str:
    """Return `host`, or for "all addresses" the one this machine uses towards others; nothing is sent to find out."""
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not bound to
        return host
    family, target = (socket.AF_INET, "192.0.2.1") if "." in host else (socket.AF_INET6, "2001:db8::1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return socket.gethostname()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
