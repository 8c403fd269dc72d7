"""The times of a conversation with a panel and Wings, in seconds. Pure."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Pace(NamedTuple):
    """How long what takes; the reasons stand beside each. Another pace is for tests."""

    authentication: float = 10.0
    """Wings never closes for a refused token, and drops an `auth` too many silently: our own timer must."""
    ping: float = 25.0
    """Wings sends no pings, and proxies drop what is silent for a minute."""
    silence: float = 20.0
    """After a ping nothing came for so long: the connection is half open."""
    grant_spacing: float = 15.0
    """The panel gives five tokens a minute for a server, for all its users together."""
    renewal_fraction: float = 0.85
    """A token is renewed when so much of its life is over, whatever the clocks say."""
    retry: float = 1.0
    retry_max: float = 60.0
    """Between attempts to connect, doubling; back to the first after a connection that lasted."""
    lasting: float = 600.0
    """Before what only a person can set right is tried again."""
    held: float = 30.0
    """How often a server that is held is looked at."""
    blind: float = 10.0
    """A connection that is back within so long changes nothing of what is known."""
    poll: float = 60.0
    """How often the panel is asked for the state while there is no websocket."""
    confirm: float = 10.0
    confirming: float = 90.0
    """How often, and for how long, after a power action that no websocket can tell of; the panel's word is 20 s old."""
    answer: float = 5.0
    """Wings says something about a power action within so long, or it was lost or silently refused."""
    busy: float = 10.0
    """Before a power action is sent again that came while another was being processed."""
    busy_tries: int = 6
    cause: float = 2.0
    """After a stop: a restart goes on to `starting` within so long."""
    second_look: float = 75.0
    """What was done on Wings reaches the panel's activity log within a minute."""
    log_slack: float = 15.0
    """What is in the log counts as after a stop when it was so long before: the clocks of panel and node differ."""
    start: float = 120.0
    """A stop within so long after our own start is that start's failure."""
    restart: float = 720.0
    """The same after our own restart: Wings waits ten minutes for the stop."""

    def faster(self, times: float) -> Pace:
        """Return it with every duration divided."""
        kept = ("renewal_fraction", "busy_tries")
        divided: Any = {name: value / times for name, value in zip(self._fields, self) if name not in kept}
        return self._replace(**divided)
