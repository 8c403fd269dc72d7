"""Sends a signed message to a webhook: HTTP/1.1, one address that was judged after it was resolved, no redirects."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wakeful_collector import __version__
from wakeful_collector.model.addresses import refusal
from wakeful_collector.model.concealing import concealed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

ANSWER_BYTES_MAX = 65_536
CONNECT_SECONDS = 10.0
GONE = 410


class Refused(Exception):
    """The message may not be sent there; a second try would end the same way."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of `Wakeful-Signature`: HMAC-SHA256 over the timestamp, a dot and the body, in hex."""
    digest = hmac.new(secret.encode("utf-8"), timestamp.encode("ascii") + b"." + body, hashlib.sha256)
    return f"v1={digest.hexdigest()}"


def send(request: Mapping[str, Any]) -> dict[str, Any]:
    """Send, or only look whether it could be (`check`); never raises what a server or the network does."""
    url, secret = str(request["url"]), str(request.get("secret", ""))
    try:
        connection, path = _prepared(url, request)
        if request.get("check"):
            return {"outcome": "known", "error": "", "service": "Webhook"}
        status, retry_after = _post(connection, path, request, secret)
    except Refused as error:
        return {"outcome": "refused", "error": concealed(str(error), url, secret)}
    except (OSError, http.client.HTTPException, ValueError) as error:
        return {"outcome": "failed", "error": concealed(_reason(error), url, secret)}
    if 200 <= status < 300:
        return {"outcome": "delivered", "error": "", "status": status}
    outcome = "refused" if status == GONE else "failed"
    return {"outcome": outcome, "error": _said(status), "status": status, "retry_after_seconds": retry_after}


def _said(status: int) -> str:
    if 300 <= status < 400:
        return f"it answered {status}, a redirect, which is not followed: give the address it leads to"
    return f"it answered {status} {http.client.responses.get(status, '')}".strip()


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "it took too long to answer"
    if isinstance(error, socket.gaierror):
        return f"its name cannot be resolved: {error.strerror}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}"


def _prepared(url: str, request: Mapping[str, Any]) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused("it is no http or https URL")
    if not _path(parts).isascii() or " " in _path(parts):
        raise Refused("its path holds a space or a letter that has to be percent-encoded")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    seconds = min(CONNECT_SECONDS, float(request["timeout_seconds"]))
    try:
        address = _address(parts.hostname, port, bool(request.get("allow_private")))
    except OSError:
        if not request.get("check"):
            raise
        address = ""  # a name that cannot be resolved just now may be right all the same
    return _connection(parts, port, address, str(request.get("fingerprint", "")), seconds), _path(parts)


def _address(host: str, port: int, allow_private: bool) -> str:
    """Return the first address of a name that may be asked; the connection goes there and nowhere else."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    reasons = {address: refusal(address, allow_private) for address in found}
    fitting = [address for address, reason in reasons.items() if not reason]
    if not fitting:
        raise Refused(next(iter(reasons.values()), "its name has no address"))
    return fitting[0]


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever the name resolves to meanwhile."""

    address = ""
    tls: ssl.SSLContext | None = None
    fingerprint = ""

    def connect(self) -> None:
        """Connect to the address that was judged; with TLS the name is checked, or the pinned certificate."""
        plain = socket.create_connection((self.address, self.port), self.timeout)
        if self.tls is None:
            self.sock = plain
            return
        try:
            wrapped = self.tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.sock = wrapped
        seen = f"sha256:{hashlib.sha256(wrapped.getpeercert(True) or b'').hexdigest()}"
        if self.fingerprint and not hmac.compare_digest(seen, self.fingerprint.lower()):
            self.close()
            raise OSError(1, "its certificate is not the one that was pinned")


def _connection(parts: SplitResult, port: int, address: str, fingerprint: str, seconds: float) -> _Pinned:
    connection = _Pinned(parts.hostname or "", port, timeout=seconds)
    connection.address, connection.fingerprint = address, fingerprint
    if parts.scheme == "https":
        context = ssl.create_default_context()
        if fingerprint:  # the digest of the certificate is checked instead, right after the handshake
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        connection.tls = context
    return connection


def _post(
    connection: http.client.HTTPConnection, path: str, request: Mapping[str, Any], secret: str
) -> tuple[int, float]:
    body = str(request["body"]).encode("utf-8")
    timestamp = str(int(request["now_ms"]) // 1000)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"wakeful-collector/{__version__}",
        "Wakeful-Delivery": str(request["delivery"]),
        "Wakeful-Timestamp": timestamp,
        "Wakeful-Signature": signature(secret, timestamp, body),
        "Connection": "close",
    }
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read(ANSWER_BYTES_MAX)
        waits = response.getheader("Retry-After", "")
    finally:
        connection.close()
    return response.status, float(waits) if waits.isascii() and waits.isdigit() and len(waits) < 7 else 0.0
