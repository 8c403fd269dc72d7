"""Where the collector is: an http or https address, read without urllib (it costs memory the agent does without)."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """A parsed address; `credentials` is `user:password` or empty, `path` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str
    credentials: str

    @property
    def authority(self) -> str:
        """Return host and port as the Host header wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        """Return the address without credentials."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def loopback(self) -> bool:
        """Tell whether it leads to this machine."""
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")


def parse(text: str) -> Address:
    """Read an address; raise ValueError with a sentence for people."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("holds characters an address cannot have")
    scheme, mark, rest = text.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in _PORTS:
        raise ValueError("must start with https:// (or http:// on this machine and in networks you trust)")
    authority, slash, path = rest.partition("/")
    credentials, _, place = authority.rpartition("@")
    if set(place + path) & set("?#"):
        raise ValueError("must end before any ? or #")
    host, port = host_and_port(place, _PORTS[scheme])
    return Address(scheme, host, port, (slash + path).rstrip("/"), credentials)


def host_and_port(place: str, port: int) -> tuple[str, int]:
    """Read `host:port`, `[::1]:port` or a host alone, which gets `port`; raise ValueError with words for people."""
    if place.startswith("["):
        host, bracket, after = place[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            raise ValueError("has an IPv6 address without its closing bracket")
        digits = after[1:]
    else:
        host, _, digits = place.partition(":")
    if not host or not host.isascii() or not host.isprintable() or set(host) & set(" /@?#\\"):
        raise ValueError("names no host")
    if digits:
        if not digits.isascii() or not digits.isdigit() or len(digits) > 5 or not 0 < int(digits) < 65_536:
            raise ValueError("has a port that is not a number from 1 to 65535")
        port = int(digits)
    return host.lower(), port


def is_end(text: str) -> bool:
    """Tell whether the text is an IP address and a port to listen at: `127.0.0.1:9100`, `[::1]:9100`."""
    return _ip(text) is not None


def is_loopback(end: str) -> bool:
    """Tell whether only this machine reaches an address to listen at."""
    found = _ip(end)
    return found is not None and found.is_loopback


def _ip(end: str) -> IPv4Address | IPv6Address | None:
    import ipaddress

    host, _, port = end.rpartition(":")
    if not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 65_535:
        return None
    if host.startswith("[") != (":" in host) or host.startswith("[") != host.endswith("]"):
        return None
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
