"""What every command works with: the collector that is meant, the streams, and questions to whoever sits there."""

from __future__ import annotations

import sys
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from wakeful_collector.remote.client import Client, path
from wakeful_collector.remote.failure import NOT_FOUND, REFUSED, Failure, closest, usage
from wakeful_collector.remote.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wakeful_collector.remote.profiles import Profile

TIMEOUT_SECONDS = 20.0
_YES = {"y", "yes"}


class Shell(NamedTuple):
    """What a command may ask of the program that runs it: another command line, and what may stand at its end."""

    run: Callable[[list[str]], int]
    candidates: Callable[[list[str]], list[str]]


def _alone(words: list[str]) -> NoReturn:
    raise usage(f"{' '.join(words)} cannot be run from here")


class Session:
    """One run of `wakeful`; the collector is looked up when it is first asked something."""

    def __init__(
        self,
        environ: Mapping[str, str],
        profile: str | None = None,
        url: str | None = None,
        json: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
        shell: Shell | None = None,
    ) -> None:
        self.environ = environ
        self.named = profile
        self.url = url
        self.json = json
        self.timeout_seconds = timeout_seconds
        self.shell = shell or Shell(_alone, _alone)
        self.out = Terminal(sys.stdout, environ)
        self.err = Terminal(sys.stderr, environ)

    @property
    def attended(self) -> bool:
        """Whether somebody sits there who can be asked."""
        return sys.stdin is not None and sys.stdin.isatty() and self.err.is_terminal

    @cached_property
    def profile(self) -> Profile:
        """The collector that is meant; raises Failure."""
        from wakeful_collector.remote import profiles

        return profiles.choose(self.environ, self.named, self.url)

    @cached_property
    def client(self) -> Client:
        """The collector that is meant, to be asked; raises Failure."""
        return connect(self.profile, self.environ, self.timeout_seconds)

    @property
    def now_ms(self) -> int:
        """The time it is by the collector's clock, which its ages are told by."""
        return self.client.now_ms or round(time.time() * 1000)

    def host(self, name: str) -> dict[str, Any]:
        """Return the host with exactly that name or id, however its letters are cased; raise Failure.

        Part of a name is not enough: something may be done to it.
        """
        # All of them: in a large fleet the one that is meant may stand behind hundreds whose names only hold its own.
        found = list(self.client.pages("/hosts", "hosts", search=name, limit=1000))
        wanted = name.casefold()
        exact = [one for one in found if wanted in {str(one.get("name")).casefold(), str(one.get("id")).casefold()}]
        if len(exact) == 1:
            return exact[0]
        if exact:
            ids = ", ".join(str(one.get("id")) for one in exact)
            raise usage(f"{len(exact)} hosts are called {name!r}", f"name one by its id: {ids}")
        names = [str(one.get("name")) for one in found] or self._names()
        near = closest(name, names) or (names[0] if found else "")
        meant = f"; did you mean {near}?" if near else ""
        raise Failure(NOT_FOUND, "unknown_host", f"there is no host {name!r}{meant}", "wakeful hosts lists them")

    def host_id(self, name: str | None) -> str | None:
        """Return the id of the host with that name, None for None; raise Failure."""
        return None if name is None else str(self.host(name)["id"])

    def _names(self) -> list[str]:
        return [str(one.get("name")) for one in self.client.pages("/hosts", "hosts", 2_000, limit=1000)]

    def confirm(self, question: str, danger: str, word: str, sure: bool) -> None:
        """Ask whoever sits there before something is done; raise Failure unless they agree.

        What changes something takes a yes, what destroys takes `word` typed out. `sure` stands for --yes.
        """
        if sure or danger == "none":
            return
        if not self.attended:
            raise Failure(
                REFUSED, "not_confirmed", f"{question} Nobody is there to say yes.", "give --yes if that is meant"
            )
        asked = "Type {word} to go on: " if danger == "destroys" else "Go on? [y/N] "
        self.err.line(question)
        self.err.script(asked.replace("{word}", _quoted(word)))
        answer = sys.stdin.readline().strip()
        agreed = answer == word if danger == "destroys" else answer.casefold() in _YES
        if not agreed:
            raise Failure(REFUSED, "not_confirmed", "nothing was done")

    def secret(self, question: str) -> str:
        """Return a line that nobody may see: asked for without echo, or read from standard input; raise Failure."""
        if sys.stdin.isatty():
            from getpass import getpass

            return getpass(question)
        try:
            return sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise usage("standard input is no text in UTF-8") from None

    def close(self) -> None:
        """Close what is open."""
        if "client" in self.__dict__:
            self.client.close()


def connect(profile: Profile, environ: Mapping[str, str], timeout_seconds: float) -> Client:
    """Return a client for that collector; raise Failure when its address or fingerprint is none."""
    from wakeful_collector.remote import address
    from wakeful_collector.remote.connection import Connection, Way

    try:
        where = address.parse(profile.url)
        pin = address.fingerprint(profile.fingerprint) if profile.fingerprint else ""
        way = Way(where, pin, profile.ca_file, address.proxy(where, environ))
    except ValueError as error:
        raise usage(f"{profile.name or 'the environment'}: an address or fingerprint {error}") from None
    return Client(Connection(way, timeout_seconds), profile.api_key)


def host_path(host: Mapping[str, Any], *more: str) -> str:
    """Return the path of a host in the API."""
    return path("hosts", str(host["id"]), *more)


def _quoted(word: str) -> str:
    from wakeful_collector.remote.width import harmless

    return harmless(word)
