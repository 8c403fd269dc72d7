"""The way to Wings: a token from the panel, the websocket, the authentication, renewal, signs of life. Pure.

The token is renewed by the first of: an own timer, `token expiring`, `token expired`, and the `jwt error` that really
comes after expiry, which takes the place of every other frame until a new token is told on the same socket. A token
that was not refused is used again after a lost connection: the panel gives five a minute for a server, for everybody.
"""

from __future__ import annotations

from wakeful_agent.watches.pterodactyl.frames import FRAME_BYTES_MAX, parse_claims, write_frame
from wakeful_agent.watches.pterodactyl.orders import CLOSE, GRANT, OPEN, PING, SEND, VIEW, Order
from wakeful_agent.watches.pterodactyl.standing import ORIGIN, PERMISSION, SOCKET, TOKEN
from wakeful_agent.watches.pterodactyl.timers import Timers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_agent.network.panel_answer import Grant
    from wakeful_agent.watches.pterodactyl.pace import Pace
    from wakeful_agent.watches.pterodactyl.standing import Standing

_GONE = ("exp claim is invalid", "created too far in past")
_OTHER_SERVER = "server uuid mismatch"
_NO_CONNECT = "missing connect permission"
_SUSPENDED, _GOING_AWAY, _TOO_BIG = 4409, 1001, 1009
_FAILURES_BEFORE_A_LOOK = 2


class Connection:
    """How far it is. `fraction` gives numbers of [0, 1) for the jitter; trouble is noted in the server's standing."""

    def __init__(self, pace: Pace, fraction: Callable[[], float], standing: Standing) -> None:
        self.open = False
        self.live = False
        """Whether Wings has let us in."""
        self.lost_frames = False
        """Whether errors took the place of frames since the last authentication."""
        self.server = ""
        """The server's uuid; the panel is asked for its page first while this is empty."""
        self.timers = Timers()
        self._pace = pace
        self._fraction = fraction
        self._standing = standing
        self._grant: Grant | None = None
        self._renew_at = 0.0
        self._fresh = False
        """Whether the token was not taken by Wings yet."""
        self._ask_from = 0.0
        self.looking = False
        """Whether the panel's page of the server is waited for, to go on."""
        self._stats_seen = False
        self._heard_at = 0.0
        self._failures = 0

    def begin(self, now: float, delay_seconds: float) -> None:
        """Begin to connect after a delay."""
        self.timers.set("connect", now + delay_seconds)

    def tick(self, now: float) -> list[Order]:
        """Do what is due."""
        orders: list[Order] = []
        while name := self.timers.take(now):
            orders += getattr(self, f"_on_{name}")(now)
        return orders

    # -- the panel

    def viewed(self, server: str, held: bool, now: float) -> list[Order]:
        """Take the panel's page of the server; go on if it was waited for and nothing is in the way."""
        self.server = server
        looking, self.looking = self.looking, False
        if not looking or self.open:
            return []
        if held:
            self.wait(self._pace.held, now)
            return []
        return self._go(now)

    def granted(self, grant: Grant, now: float) -> list[Order]:
        """Take a token: open the websocket with it, or tell it on the one that is open."""
        claims = parse_claims(grant.token)
        if (claims.server and claims.server != self.server) or self.server not in grant.socket_url.lower():
            return self.stumble(TOKEN, "the panel gave a token for another server than this one", now)
        self._grant = grant
        self._renew_at = now + claims.lifetime_seconds * self._pace.renewal_fraction
        self._fresh = True
        return self._authenticate(now) if self.open else [Order(OPEN, grant.socket_url)]

    def wait(self, seconds: float, now: float) -> None:
        """Look at the panel again after about so long."""
        self.looking = False
        self._grant = None if not self.open else self._grant
        self.timers.set("renew" if self.open else "connect", now + self.spread(seconds))

    def stumble(self, code: str, sentence: str, now: float, wait_seconds: float = 0.0) -> list[Order]:
        """Note trouble and try again later: after `wait_seconds`, or doubling with jitter."""
        self._standing.suffer(code, sentence)
        self.looking = False
        doubled = self._pace.retry * 2 ** min(self._failures, 16)
        self._failures += 1
        wait = max(self.spread(min(doubled, self._pace.retry_max)), wait_seconds)
        self._ask_from = max(self._ask_from, now + wait_seconds)
        self.timers.set("renew" if self.open else "connect", now + wait)
        return []

    def hurry(self, now: float) -> None:
        """Ask the panel now, however long it was to be left alone."""
        self._ask_from = now
        self.timers.drop("grant")
        self.timers.set("renew" if self.open else "connect", now)

    # -- the websocket

    def opened(self, now: float) -> list[Order]:
        """Take that the websocket is open: the token is the first word."""
        self.open = True
        self._heard_at = now
        self.timers.drop("connect")
        self.timers.set("ping", now + self._pace.ping)
        return self._authenticate(now)

    def unopened(self, status: int, sentence: str, now: float) -> list[Order]:
        """Take that the websocket could not be opened; `status` is that of the handshake, 0 when there was none."""
        if status in {401, 403, 404}:
            self._grant = None
        if status == 403:
            return self.stumble(ORIGIN, sentence, now, self._pace.retry_max)
        return self.stumble(SOCKET, sentence, now)

    def closed(self, code: int, reason: str, now: float) -> list[Order]:
        """Take that the websocket is closed."""
        was_live, grant = self.live, self._grant
        self._forget_socket()
        if code in {_SUSPENDED, _GOING_AWAY} or not was_live:
            self._grant = None
        if code in {_SUSPENDED, _GOING_AWAY}:
            self.server = ""
        text = f"the websocket was closed: {reason or f'code {code}'}"
        if code == _TOO_BIG and grant is not None and len(grant.token) > FRAME_BYTES_MAX // 2:
            text = "the token's permissions do not fit into a frame of Wings (4096 bytes): use a subuser with fewer"
        return self.stumble(SOCKET, text, now)

    def noise(self, now: float) -> None:
        """Take that something came: the other end lives."""
        self._heard_at = now

    def stats_came(self) -> None:
        """Take that figures came, which need not be asked for then."""
        self._stats_seen = True

    def authenticated(self, now: float) -> bool:
        """Take `auth success`; tell whether it is the first on this socket."""
        first, self.live = not self.live, True
        self._fresh = False
        self._standing.recover()
        self.timers.drop("silent", "connect")
        self.timers.set("renew", max(now, self._renew_at))
        if first:
            self.timers.set("settled", now + self._pace.retry_max)
        return first

    def token_ends(self, now: float) -> list[Order]:
        """Take `token expiring` or `token expired`."""
        return self._want_grant(now)

    def token_refused(self, text: str, now: float) -> list[Order]:
        """Take a `jwt error`."""
        self.lost_frames = True
        if any(part in text for part in _GONE):
            self.timers.drop("silent")
            if self._fresh:
                text = "Wings takes the panel's new token for an old one: do their clocks differ?"
                self._standing.suffer(TOKEN, text)
            return self._want_grant(now)
        if _OTHER_SERVER in text:
            return self.distrust("Wings says that the panel's token is for another server", now)
        if _NO_CONNECT in text:
            text = (
                "Wings does not let the token in (missing connect permission): the panel is older than its Wings, or "
                "the account lacks websocket.connect"
            )
            return self.distrust(text, now, self._pace.lasting, PERMISSION)
        return self.distrust("Wings does not take the panel's token", now)

    def distrust(self, text: str, now: float, wait_seconds: float = 0.0, code: str = TOKEN) -> list[Order]:
        """Drop a token that was not taken, and the connection with it."""
        orders = self.hang_up()
        self._grant = None
        return [*orders, *self.stumble(code, text, now, wait_seconds)]

    def move(self, now: float) -> list[Order]:
        """Go to another node: hang up and begin again with a new token."""
        orders = self.hang_up()
        self._grant = None
        self.server = ""
        self.timers.set("connect", now + self.spread(self._pace.retry))
        return orders

    def hang_up(self) -> list[Order]:
        """Close the websocket, if it is open."""
        if not self.open:
            return []
        self._forget_socket()
        return [Order(CLOSE)]

    def spread(self, seconds: float) -> float:
        """Return the time with its jitter: hundreds of servers shall not ask at once."""
        return seconds * (0.75 + self._fraction() / 2)

    # -- timers

    def _on_connect(self, now: float) -> list[Order]:
        if self.open:
            return []
        if not self.server or self._failures > _FAILURES_BEFORE_A_LOOK or self._standing.held:
            self.looking = True
            return [Order(VIEW)]
        return self._go(now)

    def _on_grant(self, now: float) -> list[Order]:
        self._ask_from = now + self._pace.grant_spacing
        return [Order(GRANT)]

    def _on_renew(self, now: float) -> list[Order]:
        return self._want_grant(now)

    def _on_silent(self, now: float) -> list[Order]:
        return self.distrust("Wings does not answer the token", now)

    def _on_settled(self, _: float) -> list[Order]:
        self._failures = 0
        return []

    def _on_ping(self, now: float) -> list[Order]:
        if now - self._heard_at >= self._pace.ping + self._pace.silence:
            orders = self.hang_up()
            return [*orders, *self.stumble(SOCKET, "the websocket is half open: nothing came for too long", now)]
        seen, self._stats_seen = self._stats_seen, False
        self.timers.set("ping", now + min(self._pace.ping, self._pace.silence))
        return [Order(PING)] if seen or not self.live else [Order(PING), Order(SEND, write_frame("send stats"))]

    # -- steps

    def _go(self, now: float) -> list[Order]:
        if self._grant is not None and now < self._renew_at:
            return [Order(OPEN, self._grant.socket_url)]
        return self._want_grant(now)

    def _want_grant(self, now: float) -> list[Order]:
        """Ask for a token, but not more often than the panel gives them."""
        if "grant" in self.timers:
            return []
        if self._ask_from > now:
            self.timers.set("grant", self._ask_from)
            return []
        return self._on_grant(now)

    def _authenticate(self, now: float) -> list[Order]:
        self.timers.set("silent", now + self._pace.authentication)
        return [Order(SEND, write_frame("auth", self._grant.token if self._grant else ""))]

    def _forget_socket(self) -> None:
        self.open = self.live = self.lost_frames = False
        self.timers.drop("silent", "renew", "ping", "settled")
