"""How long everything takes on the real programs, and the same made faster for a test."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Times:
    """Every time of the Panel and of Wings, in seconds; the defaults are the real ones.

    Times that no fact gives (how long a game takes to start and to stop) are those of a small game.
    """

    token_seconds: float = 600
    """A websocket token lives 10 minutes (section 1.4 of the facts, seen)."""
    token_ticker_seconds: float = 30
    """Wings looks at the token of a socket every 30 s (section 1.5, seen)."""
    token_expiring_seconds: float = 60
    """`token expiring` is sent with so much left or less (section 1.5, seen)."""
    rate_window_seconds: float = 60
    """Rate limits of the Panel are fixed windows of a minute (section 1.2)."""
    lockout_seconds: float = 60
    """After 5 failed logins of one address (section 1.2, seen)."""
    checkpoint_seconds: float = 300
    """A login waits so long for its second factor (section 1.1)."""
    resources_cache_seconds: float = 20
    """The Panel keeps what Wings said of resources (section 1.3, seen)."""
    wings_timeout_seconds: float = 15
    """The Panel waits so long for Wings (section 1.2)."""
    power_wait_seconds: float = 30
    """A power action of the Panel waits so long for the lock, then is dropped (section 1.6)."""
    activity_send_seconds: float = 60
    """Wings hands what was done over websockets to the Panel's activity log in batches (its setting, not seen)."""
    crash_timeout_seconds: float = 60
    """A second crash within so long is not restarted (section 1.6, seen)."""
    crash_restart_seconds: float = 0.1
    """Wings starts a crashed server again after about so long (section 1.6, seen)."""
    throttle_seconds: float = 1
    """The unit of the token buckets of a connection (section 1.5, seen)."""
    stats_seconds: float = 1
    """Stats of a server that runs (section 1.5, seen)."""
    flood_seconds: float = 0.1
    """2000 lines in so long, and the rest is dropped (section 1.5, console output throttle)."""
    create_seconds: float = 0.3
    boot_seconds: float = 2.0
    stop_seconds: float = 1.0

    def faster(self, factor: float) -> Times:
        """Return the same with every time divided by a factor."""
        return Times(**{field.name: getattr(self, field.name) / factor for field in dataclasses.fields(self)})
