"""WireGuard's peers: when they last shook hands, and what went to and fro."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Absent, Denied, HostError
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.host.text import label
from wakeful_agent.host.wireguard import (
    QUESTIONS,
    SELDOM_QUESTIONS,
    Peer,
    Tunnels,
    parse_handshakes,
    parse_ports,
    parse_texts,
    parse_transfer,
)
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

_SECONDS = 5.0
_PEERS_MAX = 500
_LOOK_MS = 600_000
_CONNECTED_SECONDS = 180  # a session ends after this long without a handshake; see the WireGuard paper, section 6
_NAME = "="


class WireguardMeter(Meter):
    """Bytes and age of the last handshake of each peer; endpoints and networks in the inventory `wireguard`.

    Only questions whose answers hold no secret are asked.
    """

    name = "wireguard"
    source = "usr/bin/wg"
    interval_seconds = 60.0
    budget_seconds = 30.0
    aside = True
    exposes = "public keys, addresses and traffic of the peers; no private or preshared key can be read with these"
    options = (Option("names", [], "Names of peers, instead of their public keys: NAME=KEY"),)

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(self._make)
        self._looked_ms: int | None = None
        self._known: list[Peer] = []
        self._document: dict[str, Any] = {}

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take the options; names are shown from the next reading on."""
        super().configure(options)
        pairs = [text.partition(_NAME) for text in self.chosen["names"]]
        self._names = {key.strip(): label(name.strip()) for name, _, key in pairs if name.strip() and key.strip()}
        self._columns = Columns(self._make)
        self._looked_ms = None

    def probe(self, host: Host) -> Capability:
        """Say whether the questions may be asked, with the line that permits exactly them."""
        questions = [_argv(question) for question in (*QUESTIONS, *SELDOM_QUESTIONS)]
        try:
            for argv in questions:
                host.check_root(argv)
        except Absent as error:
            return missing(self.name, str(error), "apt install wireguard-tools", self.exposes)
        except HostError as error:
            fix = sudoers("wireguard", [(host.program(argv[0]) or argv[0], *argv[1:]) for argv in questions])
            return missing(self.name, label(str(error)), fix, self.exposes)
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return peers, those connected, bytes, and seconds since the handshake (None: never)."""
        ports = parse_ports(_ask(host, "listen-port"))
        if not ports:
            raise NoData("no WireGuard interface is up")
        handshakes = parse_handshakes(_ask(host, "latest-handshakes"))
        tunnels = Tunnels(ports, handshakes, parse_transfer(_ask(host, "transfer")))
        peers = sorted(tunnels.handshakes)
        kept = peers[:_PEERS_MAX]
        ages = {peer: _age(tunnels.handshakes[peer], now_ms) for peer in peers}
        keys: list[tuple[str, str]] = []
        values: list[float | None] = []
        for device in sorted(ports):
            own = [age for peer, age in ages.items() if peer.device == device]
            keys.append((device, ""))
            values += [len(own), sum(age is not None and age < _CONNECTED_SECONDS for age in own)]
        for peer in kept:
            keys.append((peer.device, peer.key))
            values += [*tunnels.transfer.get(peer, (None, None)), ages[peer]]
        looked = self._looked_ms is not None and 0 <= now_ms - self._looked_ms < _LOOK_MS
        trouble: HostError | None = None
        if not looked or self._known != peers:
            try:
                self._look(host, tunnels, kept)
                self._looked_ms, self._known = now_ms, peers
            except HostError as error:
                trouble = error
        inventories = {"wireguard": self._document} if self._document else {}
        return Reading(self._columns.of(keys), values, inventories, trouble)

    def _look(self, host: Host, tunnels: Tunnels, peers: list[Peer]) -> None:
        endpoints, networks = (parse_texts(_ask(host, question), question) for question in SELDOM_QUESTIONS)
        rows = [
            {
                "device": peer.device,
                "peer": self._names.get(peer.key, peer.key),
                "endpoint": endpoints.get(peer, ""),
                "networks": networks.get(peer, "").split(),
                "key": peer.key,
            }
            for peer in peers
        ]
        devices = [{"device": device, "port": port} for device, port in sorted(tunnels.ports.items())]
        left_out = len(tunnels.handshakes) - len(peers)
        document = {"interfaces": devices, "peers": rows, "left_out": left_out}
        self._document = self._document if document == self._document else document

    def _make(self, key: tuple[str, str]) -> list[Series]:
        device, public = key
        if not public:
            return [series(name, device=device) for name in ("wireguard.peers", "wireguard.peers.connected")]
        labels = {"device": device, "peer": self._names.get(public, public)}
        io = [series("wireguard.peer.io", direction=way, **labels) for way in ("receive", "transmit")]
        return [*io, series("wireguard.peer.handshake.age", **labels)]


def _argv(question: str) -> tuple[str, ...]:
    return "wg", "show", "all", question


def _ask(host: Host, question: str) -> str:
    output = host.run_as_root(_argv(question), _SECONDS)
    if output.code and not output.out:
        why = "Operation not permitted" if "not permitted" in output.err else f"ended with {output.code}"
        raise (Denied if "not permitted" in output.err else HostError)(f"wg show all {question}: {why}")
    return output.out


def _age(handshake_seconds: int, now_ms: int) -> float | None:
    return max(0.0, now_ms / 1000 - handshake_seconds) if handshake_seconds else None
