"""Wings: the doors of one node. The websocket's handshake, its own HTTP API, and what tests break in it."""

from __future__ import annotations

import asyncio
import collections
import re
import time
from typing import TYPE_CHECKING, Any, Callable

from .door import LOOPBACK, Door, Request, Response, of_json
from .frames import BINARY, TEXT, accept_key
from .server import OFFLINE, Server
from .session import Heard, Session
from .turning import inside

if TYPE_CHECKING:
    import ssl

    from .door import Address
    from .times import Times
    from .turning import Turning

SOCKETS_MOST = 30
NO_RESOURCE = {"error": "The requested resource does not exist on this instance."}
GARBAGE = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"status"',
    b'{"event":7,"args":["x"]}',
    b'{"event":"status","args":{"0":"offline"}}',
    b'{"event":"status","args":[]}',
    b'{"event":"status","args":[null]}',
    b'{"event":"status","args":["exploding"]}',
    b'{"event":"stats","args":["{"]}',
    b'{"event":"stats","args":["[1,2"]}',
    b'{"event":"stats","args":["{\\"memory_bytes\\":\\"much\\",\\"state\\":5}"]}',
    b'{"event":"feature match","args":["\\u0000"]}',
    b'{"event":"backup completed:../../etc","args":["{}"]}',
    b'{"event":"console output","args":["\\u001b]0;owned\\u0007\\u001b[2J\\ud800 Link: "]}',
    b'{"event":"status","args":' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"event":"nobody knows this one"}',
)
"""What no honest Wings sends; the first status after it must count again."""


class Unreachable(Exception):
    """The Panel got no answer of Wings: its clients get 504."""


class Wings(Door):
    """One node. `version` is "1.11" (as seen) or one from 1.12.2 on, with scope, throttles and bounds."""

    def __init__(
        self,
        turning: Turning,
        times: Times,
        tls: ssl.SSLContext | None,
        version: str,
        secret: str,
        at: Address = LOOPBACK,
    ) -> None:
        self.times, self.version, self.secret = times, version, secret
        self.servers: dict[str, Server] = {}
        self.sessions: list[Session] = []
        self.heard: collections.deque[Heard] = collections.deque(maxlen=20_000)
        self.said: collections.deque[Heard] = collections.deque(maxlen=20_000)
        self.remote = ""
        """The Panel's address in Wings' configuration: the Origin that it demands byte for byte (seen)."""
        self.allowed_origins: tuple[str, ...] = ()
        self.booted = time.time() - 3600
        self.denied: dict[str, float] = {}
        self.skew_seconds = 0.0
        self.refusals: list[int] = []
        self.handshakes: list[tuple[float, int]] = []
        self.tell_panel: Callable[[str, Server, str, dict[str, Any]], None] = lambda *_: None
        super().__init__(turning, tls, at)

    @property
    def modern(self) -> bool:
        """Whether it is of the 2026 line: scope in tokens, throttles, 4 kB frames, 30 sockets, suspension."""
        return tuple(int(part) for part in self.version.split(".")) >= (1, 12, 2)

    def now(self) -> float:
        """Return the time of this node."""
        return time.time() + self.skew_seconds

    # What a test does to it.

    def kill(self) -> None:
        """End the program; containers go on. Sockets break, connecting is refused, the Panel answers 504."""
        self.shut()

    def boot(self) -> None:
        """Start it again: every token of the time before is refused (section 1.4), what runs is `running`."""
        self.turning.run(self._boot)
        self.open()

    def restart(self) -> None:
        """End and start it."""
        self.kill()
        self.boot()

    @inside
    def deny_tokens(self, jti: str = "") -> None:
        """Refuse every token (or all with that jti) issued until now, as the Panel asks for on changed permissions."""
        self.denied[jti] = self.now()

    def refuse(self, status: int, times: int = 1) -> None:
        """Answer the next handshakes with a status and a page, as a proxy in front does."""
        self.refusals += [status] * times

    @inside
    def half_open(self) -> None:
        """Let nothing through any more on the sockets that are open, without closing them; new ones are served."""
        for session in self.sessions:
            session.silent = True

    @inside
    def garbage(self, also_binary: bool = True) -> None:
        """Send every kind of nonsense to every open socket."""
        for session in list(self.sessions):
            for payload in GARBAGE:
                session.write(TEXT, payload)
            if also_binary:
                session.write(BINARY, bytes(range(256)))

    @inside
    def break_framing(self, endless: bool = False) -> None:
        """Send bytes that are no frame; `endless`: the head of a frame of 4 exabytes, and some of it."""
        for session in list(self.sessions):
            session.writer.write(b"\x81\x7f\x3f" + b"\xff" * 100 if endless else b"\xff\x05hello")

    def open_sockets(self, server: Server | None = None) -> int:
        """Return how many websockets are open."""
        return self.turning.run(lambda: sum(server is None or one.server is server for one in self.sessions))

    def frames(self, event: str, server: Server | None = None) -> list[Heard]:
        """Return the frames of one event that clients sent."""
        found = self.turning.run(lambda: list(self.heard))
        return [one for one in found if one.event == event and (server is None or one.server == server.uuid)]

    # What the Panel asks of it, and is told.

    def note(self, user_uuid: str, server: Server, event: str, properties: dict[str, Any]) -> None:
        """Tell the Panel's activity log what was done over a websocket: later, in batches."""
        seconds = self.times.activity_send_seconds
        self.turning.loop.call_later(seconds, self.tell_panel, user_uuid, server, event, properties)

    async def reach(self) -> None:
        """Be asked by the Panel; Unreachable when nobody answers."""
        if self.listening is None:
            raise Unreachable
        try:
            await asyncio.wait_for(self.thawed.wait(), self.times.wings_timeout_seconds)
        except asyncio.TimeoutError as error:
            raise Unreachable from error

    # Its HTTP side.

    async def answer(self, request: Request) -> Response:
        """Answer one request: the websocket, or the API of the node's token (section 1.7)."""
        found = re.fullmatch(r"/api/servers/([^/]+)/ws", request.path)
        if found:
            response = self._handshake(found[1], request)
            self.handshakes.append((time.monotonic(), response.status))
            return response
        return self._api(request)

    def _handshake(self, uuid: str, request: Request) -> Response:
        if self.refusals:
            return Response(
                self.refusals.pop(0), b"<html><body>Bad Gateway</body></html>", [("Content-Type", "text/html")]
            )
        server = self.servers.get(uuid)
        if server is None or server.deleted:
            return of_json(404, NO_RESOURCE)
        if self.modern and sum(session.server is server for session in self.sessions) >= SOCKETS_MOST:
            return of_json(400, {"error": "Too many open websocket connections."})
        headers = request.headers
        if headers.get("upgrade", "").lower() != "websocket" or headers.get("sec-websocket-version") != "13":
            return Response(400, b"Bad Request\n")
        origin = headers.get("origin", "")
        if not origin or ("*" not in self.allowed_origins and origin not in {self.remote, *self.allowed_origins}):
            return Response(403, b"Forbidden\n")
        deflate = "permessage-deflate" in headers.get("sec-websocket-extensions", "")
        answer = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
        answer.append(("Sec-WebSocket-Accept", accept_key(headers.get("sec-websocket-key", ""))))
        if deflate:
            words = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            answer.append(("Sec-WebSocket-Extensions", words))

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await Session(self, server, reader, writer, deflate).run()

        return Response(101, b"", answer, talk)

    def _api(self, request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not given:
            return of_json(
                401,
                {"error": "The required authorization heads were not present in the request."},
                [("WWW-Authenticate", "Bearer")],
            )
        if given != f"Bearer {self.secret}":
            return of_json(403, {"error": "You are not authorized to access this endpoint."})
        if request.path == "/api/system":
            return of_json(200, {"version": self.version, "os": "linux", "architecture": "amd64"})
        found = re.fullmatch(r"/api/servers/([^/]+)(/logs|/power|/commands)?", request.path)
        server = self.servers.get(found[1]) if found else None
        if found is None or server is None:
            return of_json(404, NO_RESOURCE)
        return self._of_server(server, found[2] or "", request)

    def _of_server(self, server: Server, what: str, request: Request) -> Response:
        document = request.json() or {}
        if what == "/logs":
            lines = list(server.history)[-min(100, int(request.query.get("size", 100))) :]
            return of_json(200, {"data": lines})
        if what == "/power":
            if document.get("action") not in {"start", "stop", "restart", "kill"}:
                return of_json(422, {"error": "The power action provided was not valid."})
            if server.suspended:
                return of_json(400, {"error": "Cannot start or restart a server that is suspended."})
            self.turning.spawn(server.power_quietly(document["action"], "panel"))
            return Response(202)
        if what == "/commands":
            if server.state == OFFLINE:
                return of_json(502, {"error": "Cannot send commands to a stopped server instance."})
            for line in document.get("commands", []):
                server.order(str(line))
            return Response(204)
        state: dict[str, Any] = {"state": server.state, "is_suspended": server.suspended}
        return of_json(200, {**state, "configuration": {"uuid": server.uuid}})

    def _boot(self) -> None:
        self.booted = self.now()
        for server in self.servers.values():
            server.resume()
