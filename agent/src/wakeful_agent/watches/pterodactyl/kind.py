"""The watch of a game server behind a Pterodactyl or Pelican panel: heard over Wings' websocket, started over it."""

from __future__ import annotations

import os
import re
from importlib import import_module

from wakeful_agent import watch
from wakeful_agent.config.address import parse
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meter import Option
from wakeful_agent.watch import Sight, Verb, Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

    from wakeful_agent.action import Outcome
    from wakeful_agent.watches.pterodactyl.pace import Pace
    from wakeful_agent.watches.pterodactyl.server import Server

_SERVER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?\Z", re.IGNORECASE)
_NODE = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?\Z")
_PIN = re.compile(r"sha256:[0-9a-f]{64}\Z")
_VERB = "server."
_PREFIXES_OF_OTHERS = ("ptla_", "papp_")


class Pterodactyl(Watch):
    """Hears a server's state, and starts it over the websocket or by the panel's API."""

    kind = "pterodactyl"
    acts = True
    hears = True
    inventory_name = "pterodactyl"
    required = ("panel", "server")
    options = (
        Option("panel", "", "the panel's address, as its own pages have it", local=True),
        Option("server", "", "the server's short id (8 characters) or uuid", local=True),
        Option("key", "", "a client API key of the panel", local=True, secret=True),
        Option("key_file", "", "the file with a client API key (ptlc_... or pacc_...)", local=True),
        Option("username", "", "user or e-mail, for panels where no key can be had", local=True),
        Option("password", "", "the user's password", local=True, secret=True),
        Option("password_file", "", "the file with the user's password", local=True),
        Option("ca_file", "", "authorities to trust for the panel instead of the system's", local=True),
        Option("fingerprint", "", "the panel's own certificate: sha256: and its hex digest", local=True),
        Option("node", "", "host:port of Wings, where the panel names one that leads elsewhere", local=True),
        Option("node_ca_file", "", "authorities to trust for Wings; those of the panel, if not given", local=True),
        Option("node_fingerprint", "", "Wings' own certificate: sha256: and its hex digest", local=True),
        Option("origin", "", "`remote` of Wings' config.yml, where it is not the panel's address", local=True),
        Option("console_lines", 40, "how many lines of the console are kept", local=True, least=0, most=200),
        Option("links", True, "whether sshx links in the console are kept for those who may operate", local=True),
    )
    verbs = (
        Verb("server.start", "changes", "start the game server"),
        Verb("server.stop", "changes", "stop the game server as its egg says"),
        Verb("server.restart", "changes", "stop the game server and start it again"),
        Verb("server.kill", "destroys", "kill the game server: what it has not saved is lost"),
    )
    _server: Server | None = None
    _report: Callable[[Sight], None] | None = None
    pace: Pace | None = None
    """Another pace than that of real panels and nodes; for tests."""

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with options whose types are right."""
        problems = []
        try:
            if parse(str(options.get("panel", ""))).credentials:
                problems.append("panel must not hold a user and password")
        except ValueError as error:
            problems.append(f"panel {error}")
        if not _SERVER.match(str(options.get("server", ""))):
            problems.append("server must be the short id of 8 characters or the uuid, as in the panel's address line")
        named = [name for name in ("key", "key_file", "username") if options.get(name)]
        if not named:
            problems.append("key_file must name a file with a client API key (or give username and password_file)")
        if "username" in named and len(named) > 1:
            problems.append("username cannot be given beside a key: the panel takes one of them")
        if "username" in named and not (options.get("password") or options.get("password_file")):
            problems.append("password_file must name the file with the user's password")
        node = str(options.get("node", ""))
        if node and not _NODE.match(node):
            problems.append("node must be host:port")
        pins = ("fingerprint", "node_fingerprint")
        wrong = [name for name in pins if options.get(name) and not _PIN.match(str(options[name]))]
        return problems + [f"{name} must be sha256: and 64 hex digits" for name in wrong]

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return what it is about: two watches of one server would start it twice."""
        return f"{str(options.get('panel', '')).rstrip('/')} {str(options.get('server', ''))[:8]}".lower()

    def begin(self, report: Callable[[Sight], None]) -> None:
        """Begin to hear; what keeps it from the panel's secret is reported."""
        self._report = report
        try:
            key, password = self._secrets()
        except HostError as error:
            report(Sight(watch.UNKNOWN, f"the secret cannot be read: {error}", {"trouble": "secret"}))
            return
        shared = import_module("wakeful_agent.watches.pterodactyl.sharing").SHARED
        for secret in (key, password):
            shared.concealment.add(secret)
        problem = self._problem(key)
        if problem:
            report(Sight(watch.UNKNOWN, problem, {"trouble": "secret"}))
        else:
            self._join(key, password, report)

    def _secrets(self) -> tuple[str, str]:
        """Return key and password, of which one is empty."""
        key = str(self.chosen["key"]) or self.secret(Host(), "key")
        return key, "" if key else str(self.chosen["password"]) or self.secret(Host(), "password")

    def _problem(self, key: str) -> str:
        if not key and not self.chosen["username"]:
            return f"{self.chosen['key_file']} is empty; it must hold a client API key (ptlc_...)"
        if key.startswith(_PREFIXES_OF_OTHERS):
            return "the key is one of the application API (Admin); a client key is wanted: Account, API credentials"
        for name in ("ca_file", "node_ca_file"):
            if self.chosen[name] and not os.access(self.chosen[name], os.R_OK):
                return f"{name} {self.chosen[name]} cannot be read"
        return ""

    def _join(self, key: str, password: str, report: Callable[[Sight], None]) -> None:
        from wakeful_agent.network.panel import Access
        from wakeful_agent.network.refusals import path_of
        from wakeful_agent.watches.pterodactyl.pace import Pace
        from wakeful_agent.watches.pterodactyl.server import Server, Settings
        from wakeful_agent.watches.pterodactyl.sharing import SHARED

        chosen = self.chosen
        url = parse(chosen["panel"]).text  # as browsers write it: Wings compares the Origin byte for byte
        user = "" if key else chosen["username"]
        self._access = Access(url, key, user, password, chosen["ca_file"], chosen["fingerprint"])
        board, panel, delay_seconds = SHARED.join(self._access, path_of(self.state))
        settings = Settings(
            name=self.name,
            server=chosen["server"].lower(),
            origin=chosen["origin"] or url,
            node=chosen["node"],
            node_ca_file=chosen["node_ca_file"] or chosen["ca_file"],
            node_fingerprint=chosen["node_fingerprint"],
            console_lines=chosen["console_lines"],
            links=chosen["links"],
        )
        self._server = Server(settings, panel, board, report, self.pace or Pace(), _fraction)
        self._server.begin(delay_seconds)

    def refresh(self) -> None:
        """Take secrets that were changed in their files; try again at once what waits for a person."""
        report = self._report
        if report is None:
            return
        try:
            same = self._server is not None and self._secrets() == (self._access.key, self._access.password)
        except HostError:
            same = self._server is not None  # what hears goes on with what it has
        if not same:
            self.end()
            self.begin(report)
        elif self._server is not None:
            self._server.try_again()

    def end(self) -> None:
        """Hear no more."""
        server, self._server = self._server, None
        self._report = None
        if server is not None:
            server.end()
            import_module("wakeful_agent.watches.pterodactyl.sharing").SHARED.leave(self._access)

    def repair(self, host: Host, now_ms: int) -> Outcome:
        """Start it: over the websocket, or by the panel when there is none."""
        return super().repair(host, now_ms) if self.repairs is not None else self.power("start")

    def perform(self, verb: str, host: Host, now_ms: int) -> Outcome:
        """Do what a person asked for."""
        return self.power(verb[len(_VERB) :])

    def power(self, signal: str) -> Outcome:
        """Ask for start, stop, restart or kill; raise HostError while it is not watched."""
        server = self._server
        if server is None:
            raise HostError("the watch does not hear: see its state for the reason")
        outcome: Outcome = server.power(signal)
        return outcome

    def inventory(self) -> dict[str, Any] | None:
        """Return the row of the inventory `pterodactyl`, whose links are secrets; None while it does not hear."""
        server = self._server
        return None if server is None else server.row()


def _fraction() -> float:
    return int.from_bytes(os.urandom(4), "big") / 2**32
