"""One websocket of Wings: who it is, what it may, what it is told (section 1.5 of the facts)."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from typing import TYPE_CHECKING, Any

from . import frames, tokens
from .frames import Broken
from .limits import Bucket
from .server import OFFLINE, STARTING, Busy, Refused, Server

if TYPE_CHECKING:
    from .wings import Wings

FRAME_BYTES_MOST = 4096
"""More on the wire ends the connection with 1009; the bound counts packed bytes (seen, new Wings)."""
MESSAGE_BYTES_MOST = 32 * 1024
"""More after inflating is dropped (seen, new Wings)."""
WAITING_BYTES_MOST = 8 * 1024 * 1024
"""A client that does not read so much is dropped: a send error of the real one."""
GENERAL = "an unexpected error was encountered while handling this request"
NEEDS = {"start": "control.start", "stop": "control.stop", "kill": "control.stop", "restart": "control.restart"}
BUCKETS = {"auth": (5.0, 2), "send logs": (5.0, 2), "send command": (1.0, 10), "global": (0.2, 10), "": (1.0, 4)}
"""Seconds for one more, and the burst; "" is each other event (section 1.5, client throttles, seen)."""


@dataclasses.dataclass
class Heard:
    """One frame, with the monotonic time it was read or written."""

    at: float
    server: str
    event: str
    args: list[str]


class Session:
    """The socket of one client on one server."""

    def __init__(
        self,
        wings: Wings,
        server: Server,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        deflate: bool,
    ) -> None:
        self.wings, self.server, self.reader, self.writer, self.deflate = wings, server, reader, writer, deflate
        self.claims: dict[str, Any] | None = None
        self.listening = False
        self.silent = False
        """Half open: nothing goes either way any more, and nobody is told."""
        self.ticker: asyncio.Task[Any] | None = None
        self.buckets: dict[str, Bucket] = {}

    # What it is told.

    def send(self, event: str, *arguments: str) -> None:
        """Send an event, or the `jwt error` that replaces every frame while the token is not good (seen)."""
        trouble = self._trouble()
        if trouble:
            self.send_unchecked("jwt error", trouble)
            return
        if event == "install output" and not self._may("admin.websocket.install"):
            return
        if event.startswith("backup completed") and not self._may("backup.read"):
            return
        self.send_unchecked(event, *arguments)

    def send_unchecked(self, event: str, *arguments: str) -> None:
        """Send an event whatever the token is."""
        document: dict[str, Any] = {"event": event}
        if arguments:
            document["args"] = list(arguments)
        self._record(self.wings.said, event, list(arguments))
        self.write(
            frames.TEXT,
            json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass") + b"\n",
        )

    def write(self, opcode: int, payload: bytes) -> None:
        """Write one frame; a frozen Wings writes nothing, and who does not read is dropped."""
        if self.wings.frozen or self.silent or self.writer.is_closing():
            return
        packed = self.deflate and opcode in {frames.TEXT, frames.BINARY}
        self.writer.write(frames.write_frame(opcode, frames.pack(payload) if packed else payload, packed))
        if self.writer.transport.get_write_buffer_size() > WAITING_BYTES_MOST:
            self.writer.transport.abort()

    def hang_up(self, code: int | None, reason: str) -> None:
        """Close with a code; drop the connection without a word when there is none."""
        if code is None:
            self.writer.transport.abort()
            return
        self.writer.write(frames.close_frame(code, reason))
        self.writer.close()

    # Its life.

    async def run(self) -> None:
        """Read until it ends. A suspended server closes at once with 4409 (seen, new Wings)."""
        if self.wings.modern and self.server.suspended:
            self.hang_up(4409, "server is suspended")
            return
        self.wings.sessions.append(self)
        try:
            while True:
                message = await self._message()
                if message is None:
                    return
                await self.wings.thawed.wait()
                if not self.silent:
                    self._hear(message)
        except Broken as broken:
            self.hang_up(broken.code, broken.reason)
        finally:
            if self.ticker is not None:
                self.ticker.cancel()
            self.wings.sessions.remove(self)
            if self in self.server.viewers:
                self.server.viewers.remove(self)

    async def _message(self) -> bytes | None:
        """Return the next text message, b"" for what is ignored; None when the client closes."""
        parts: list[bytes] = []
        opcode, packed = frames.TEXT, False
        most = FRAME_BYTES_MOST if self.wings.modern else 0
        while True:
            frame = await frames.read_frame(self.reader, most, self.deflate)
            if frame.opcode == frames.PING:
                await self.wings.thawed.wait()
                self.write(frames.PONG, frame.payload)
            elif frame.opcode == frames.CLOSE:
                self.write(frames.CLOSE, frame.payload[:2])
                return None
            elif frame.opcode != frames.PONG:
                if (frame.opcode == frames.CONTINUATION) != bool(parts):
                    raise Broken(1002, "bad order of frames")
                if not parts:
                    opcode, packed = frame.opcode, frame.packed
                parts.append(frame.payload)
                if most and sum(map(len, parts)) > most:
                    raise Broken(1009, "read limit exceeded")
                if frame.fin:
                    break
        whole: bytes | None = b"".join(parts)
        if packed:
            whole = frames.unpack(whole or b"", MESSAGE_BYTES_MOST if most else 1 << 24)
        return whole if whole is not None and opcode == frames.TEXT else b""

    async def _tick(self) -> None:
        """Look at the token from time to time; what it says of an expired one is replaced, too (section 1.5, seen)."""
        times = self.wings.times
        while True:
            await asyncio.sleep(times.token_ticker_seconds)
            if self.claims is not None:
                left = self.claims["exp"] - self.wings.now()
                if left <= 0:
                    self.send("token expired")
                elif left <= times.token_expiring_seconds:
                    self.send("token expiring")

    # What it asks.

    def _hear(self, message: bytes) -> None:
        """Take one message; what cannot be read is ignored without a word (seen)."""
        if self._throttled("global"):
            return
        try:
            document = json.loads(message)
        except ValueError:
            return
        if not isinstance(document, dict) or not isinstance(document.get("event"), str):
            return
        given = document.get("args") or []
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            return
        event, word = document["event"], "".join(given)
        self._record(self.wings.heard, event, ["(a token)"] if event == "auth" else given)
        if self._throttled(event):
            return
        if event == "auth":
            self._authenticate(word)
            return
        trouble = self._trouble()
        if trouble:
            self.send_unchecked("jwt error", trouble)
            return
        self._do(event, word)

    def _do(self, event: str, word: str) -> None:
        if event == "set state":
            if word not in NEEDS or self._may(NEEDS[word]):
                self.wings.turning.spawn(self._power(word))
        elif event == "send command":
            off = self.server.state == OFFLINE or (self.server.state == STARTING and not self.server.attached)
            if self._may("control.console") and not off:
                self.server.order(word)
                self.wings.note(self._user(), self.server, "console.command", {"command": word})
        elif event == "send logs" and self.server.attached:
            for line in list(self.server.history):
                self.send("console output", line)
        elif event == "send stats":
            self.send("stats", self.server.stats())

    async def _power(self, action: str) -> None:
        try:
            if action not in NEEDS:
                raise Refused("attempting to handle unknown power action")
            await self.server.power(action, "socket")
        except Busy as busy:
            self.send("daemon error", self._error(str(busy)))
        except Refused as refused:
            self.send("daemon error", self._error(str(refused) if self._may("admin.websocket.errors") else GENERAL))
        else:
            self.wings.note(self._user(), self.server, f"power.{action}", {})

    # Who it is.

    def _authenticate(self, token: str) -> None:
        """Take a token, the first or the next one (section 1.5, auth failures, seen)."""
        claims = tokens.read(self.wings.secret, token)
        if claims is None:
            self.send_unchecked("daemon error", self._error(GENERAL))
            return
        trouble = self._trouble_of(claims)
        if trouble and "server uuid" not in trouble:
            self.send_unchecked("jwt error", self._error(trouble))
            return
        self.claims = claims
        self.send_unchecked("auth success")
        if self.listening:
            return
        self.listening = True
        self.ticker = self.wings.turning.spawn(self._tick())
        self.server.viewers.append(self)
        self.send("status", self.server.state)
        if self.server.state == OFFLINE:
            self.send("stats", self.server.stats())

    def _trouble(self) -> str:
        return "jwt: no jwt present" if self.claims is None else self._trouble_of(self.claims)

    def _trouble_of(self, claims: dict[str, Any]) -> str:
        """Return why a token is not good now, or nothing. aud, iss and nbf are not looked at (section 1.4)."""
        wings = self.wings
        issued = claims.get("iat", 0)
        if claims.get("exp", 0) <= wings.now():
            return "jwt: exp claim is invalid"
        denied = max(wings.denied.get("", 0.0), wings.denied.get(str(claims.get("jti")), 0.0))
        if issued < wings.booted or issued < denied:
            return "jwt: created too far in past (denylist)"
        scoped = not wings.modern or "websocket" in str(claims.get("scope", "")).split()
        permissions = claims.get("permissions", [])
        if not scoped or not {"*", "websocket.connect"} & set(permissions):
            return "jwt: missing connect permission"
        if claims.get("server_uuid") != self.server.uuid:
            return "jwt: server uuid mismatch"
        return ""

    def _may(self, permission: str) -> bool:
        """Tell whether the token has a permission; `*` has all but the administrators' own."""
        permissions = (self.claims or {}).get("permissions", [])
        return permission in permissions or ("*" in permissions and not permission.startswith("admin."))

    def _user(self) -> str:
        return str((self.claims or {}).get("user_uuid"))

    def _error(self, words: str) -> str:
        return f"Error Event [{self.server.uuid}]: {words}"

    def _throttled(self, event: str) -> bool:
        """Tell whether a frame is dropped; that is said once for as long as it goes on."""
        if not self.wings.modern:
            return False
        now = time.monotonic()
        if event not in self.buckets:
            seconds, burst = BUCKETS.get(event, BUCKETS[""])
            self.buckets[event] = Bucket(seconds * self.wings.times.throttle_seconds, burst, now)
        bucket = self.buckets[event]
        if bucket.take(now):
            return False
        if not bucket.told:
            bucket.told = True
            self.send_unchecked("throttled", event)
        return True

    def _record(self, where: Any, event: str, given: list[str]) -> None:
        where.append(Heard(time.monotonic(), self.server.uuid, event, given))
