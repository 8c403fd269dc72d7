"""Who a meter is to its targets, and how it calls them: user and password, an authority, a plain or a TLS address."""

from __future__ import annotations

from wakeful_agent.host.errors import Malformed
from wakeful_agent.meter import Option
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.place import parse_place
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host
    from wakeful_agent.network.targets import Target
    from wakeful_agent.service import ServiceMeter

USER = Option("user", "", "the user to log in as; a target may name its own: user=NAME behind its address", local=True)
PASSWORD = Option("password", "", "the password, from the environment or `password_file` only", local=True, secret=True)
PASSWORD_FILE = Option(
    "password_file",
    "",
    "a file that only the agent can read, with the password; a target may name its own behind its address",
    local=True,
)
CA_FILE = Option("ca_file", "", "authorities that are trusted instead of the system's, for tls:// targets", local=True)
LOGIN = (USER, PASSWORD, PASSWORD_FILE, CA_FILE)

_TLS = "tls://"


class Login(NamedTuple):
    """What is shown at a target's door; empty where nothing is set."""

    user: str = ""
    password: str = ""


def login(meter: ServiceMeter, host: Host, target: Target) -> Login:
    """Return the target's own user and password, or the meter's; raise Denied when others can read the file, Absent.

    The password is concealed in all that the meter tells from now on.
    """
    if "password" in target.words:
        raise Malformed("a password does not stand behind an address; put it into a file: password_file=/path")
    path = target.words.get("password_file", "")
    password = host.secret(path) if path else meter.secret(host)
    meter.concealment.add(password)
    return Login(target.words.get("user") or str(meter.chosen[USER.name]), password)


def dial(meter: ServiceMeter, target: Target, port: int, timeout_seconds: float) -> Dialogue:
    """Return a dialogue with the target, not yet open: with TLS for `tls://host:port`; raise Malformed.

    `port` is taken where the address names none.
    """
    address = target.address
    encrypted = address.startswith(_TLS)
    place = parse_place("tcp://" + address[len(_TLS) :] if encrypted else address, port)
    authority = target.words.get("ca_file") or str(meter.chosen[CA_FILE.name]) or None
    return Dialogue(place, timeout_seconds, encrypted, authority if encrypted else None)
