"""Where somebody is asked: a socket in the file system, a TCP or UDP port, or a URL; read from text without urllib."""

from __future__ import annotations

from wakeful_agent.config.address import host_and_port
from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import label
from wakeful_agent.network.targets import shown_address
from wakeful_wire.record import NamedTuple

_PORTS = {"http": 80, "https": 443}
_KINDS = ("tcp", "udp")


class Place(NamedTuple):
    """An end to connect to: `kind` is unix (with a `path`), tcp or udp (with `host` and `port`)."""

    kind: str
    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def text(self) -> str:
        """Return it for a sentence: `127.0.0.1:6379`, or the path of the socket."""
        if self.kind == "unix":
            return label(self.path)
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Url(NamedTuple):
    """A URL of http or https in its parts; `target` is path and query as they are asked for."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Return host and port as the Host header wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        """Return the URL."""
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_place(address: str, port: int = 0) -> Place:
    """Read `unix:/path`, `tcp://host:port`, `udp://host:port` or `host:port`; `port` is taken where none is said.

    Raises Malformed.
    """
    if address.startswith("unix:"):
        path = address[len("unix:") :]
        path = path[2:] if path.startswith("//") else path
        if not path.startswith("/") or "\0" in path:
            raise _wrong(address, "must name a socket by its whole path: unix:/run/name.sock")
        return Place("unix", path=path)
    kind, mark, rest = address.partition("://")
    if not mark:
        kind, rest = "tcp", address
    if kind not in _KINDS:
        raise _wrong(address, "must be unix:/path, tcp://host:port, udp://host:port or host:port")
    host, found = _host_and_port(address, rest, port)
    if not found:
        raise _wrong(address, "names no port")
    return Place(kind, host, found)


def parse_url(text: str) -> Url:
    """Read a URL of http or https; raise Malformed, also for one that holds a user and password."""
    scheme, mark, rest = text.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in _PORTS:
        raise _wrong(text, "must start with http:// or https://")
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    place, target = rest[:end], rest[end:].partition("#")[0]
    if "@" in place:
        raise Malformed("a URL must not hold a user and password; the meter has options for those")
    host, port = _host_and_port(text, place, _PORTS[scheme])
    return Url(scheme, host, port, _escaped(text, target if target.startswith("/") else "/" + target))


def join(url: Url, location: str) -> Url:
    """Return where a redirect from `url` leads; raise Malformed."""
    if location.partition("/")[0].endswith(":"):
        return parse_url(location)
    if location.startswith("//"):
        return parse_url(f"{url.scheme}:{location}")
    path = url.target.partition("?")[0]
    if location.startswith("?"):
        target = path + location
    else:
        target = location if location.startswith("/") else path.rpartition("/")[0] + "/" + location
    return url._replace(target=_escaped(location, target.partition("#")[0]))


def _host_and_port(text: str, place: str, port: int) -> tuple[str, int]:
    try:
        return host_and_port(place, port)
    except ValueError as error:
        raise _wrong(text, str(error)) from None


def _escaped(text: str, target: str) -> str:
    if not target.isprintable() or " " in target:
        raise _wrong(text, "holds characters a URL cannot have")
    if target.isascii():
        return target
    return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in target.encode("utf-8", "replace"))


def _wrong(text: str, problem: str) -> Malformed:
    return Malformed(f"the address {label(shown_address(text))[:200]!r} {problem}")
