"""The one client of clusters: blocking, for several threads at once, bounded in size and time, with one kind of error.

What pveproxy wants is kept here: bodies with their length, none on DELETE, reading again when an idle connection was
closed, another host where one cannot be reached (docs/proxmox/connecting.md).
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.exceptions import SSLError as TlsError

from wakeful_collector import __version__, clock
from wakeful_collector.integrations.proxmox.link import answers, signing, trust
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.fields import split_host
from wakeful_collector.integrations.proxmox.link.paths import BASE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 45.0
"""Longer than the 30 s that a node gives the node behind it."""
CONNECTIONS_MAX = 16
_FORM = "application/x-www-form-urlencoded"
_DOUBTFUL = frozenset({502, 504, 596, 597, 598, 599})
"""A program or a node in between heard no answer: the change may have been made. 595 is said before it was sent."""
_NOT_SENT = (NewConnectionError, ConnectTimeoutError)


class _Asked(NamedTuple):
    method: str
    path: str
    target: str
    body: bytes | None


class Client:
    """Asks one cluster. `host` is the host that answered last, `troubles` why others could not be asked, by host.

    Every method raises PveError. Values are written as the API wants them: booleans as 1 and 0, lists as repeated
    parameters, None not at all.
    """

    def __init__(self, cluster: Cluster, secret: str, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.cluster = cluster
        self.host = cluster.hosts[0]
        self.counts: Counter[str] = Counter()
        self.troubles: dict[str, PveError] = {}
        self._secret = secret
        self._signer = signing.Signer(cluster, secret)
        self._answer_seconds = answer_seconds
        self._pools: dict[str, urllib3.HTTPSConnectionPool] = {}
        self._context: ssl.SSLContext | None = None
        self._turn = threading.Lock()

    @property
    def requests(self) -> int:
        """Return how many requests were sent, those of signing in included."""
        return self.counts.total()

    def get(self, path: str, **query: Any) -> Any:
        """Return what stands at `path` (see `paths.path`); nothing at all is an error: it must not look like empty."""
        found = self._ask("GET", path, _pairs(query), None)
        if found is None:
            raise PveError("garbled", "it answers nothing where something belongs", 200, path=path)
        return found

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return the list of objects at `path`; anything else is an error of kind `garbled`."""
        return answers.rows(self.get(path, **query), path)

    def one(self, path: str, **query: Any) -> dict[str, Any]:
        """Return the object at `path`; anything else is an error of kind `garbled`."""
        return answers.one(self.get(path, **query), path)

    def post(self, path: str, **form: Any) -> Any:
        """Do `path`; return what is answered, which may be nothing: a UPID where it becomes a task."""
        return self._ask("POST", path, [], _pairs(form))

    def put(self, path: str, **form: Any) -> Any:
        """Change `path`; return what is answered, which may be nothing."""
        return self._ask("PUT", path, [], _pairs(form))

    def delete(self, path: str, **query: Any) -> Any:
        """Delete `path`; what is to be said with it goes into the query, as pveproxy takes no body there."""
        return self._ask("DELETE", path, _pairs(query), None)

    def close(self) -> None:
        """Close the connections that are idle; those in use close when they come back."""
        with self._turn:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()

    # ------------------------------------------------------------------ one request

    def _ask(self, method: str, path: str, query: list[tuple[str, str]], form: list[tuple[str, str]] | None) -> Any:
        target = f"{BASE}{path}?{urlencode(query)}" if query else f"{BASE}{path}"
        asked = _Asked(method, path, target, None if form is None else urlencode(form).encode())
        return self._on_some_host(asked)

    def _on_some_host(self, asked: _Asked) -> Any:
        """Ask the hosts in turn, the one that answered last first, until one could be connected to."""
        first = self.host
        errors: dict[str, PveError] = {}
        for host in (first, *(one for one in self.cluster.hosts if one != first)):
            try:
                found = self._signed(host, asked)
            except _NotConnected as failed:
                errors[host] = self.troubles[host] = failed.error
                continue
            except PveError:
                self._answered(host)
                raise
            self._answered(host)
            return found
        raise _summed(errors, asked.path)

    def _answered(self, host: str) -> None:
        self.host = host
        self.troubles.pop(host, None)

    def _signed(self, host: str, asked: _Asked) -> Any:
        """Ask with who asks; a ticket that is not accepted any more is asked for anew, once."""
        try:
            return self._twice(host, asked, self._signer.headers(asked.method, self._asking_for_ticket(host)))
        except PveError as error:
            if error.kind != "auth" or not self._signer.can_renew or error.path == signing.TICKET:
                raise
        self._signer.forget()
        return self._twice(host, asked, self._signer.headers(asked.method, self._asking_for_ticket(host)))

    def _asking_for_ticket(self, host: str) -> signing.Ask:
        def ask(form: dict[str, str]) -> Any:
            body = urlencode(form).encode()
            return self._once(host, _Asked("POST", signing.TICKET, f"{BASE}{signing.TICKET}", body), {})

        return ask

    def _twice(self, host: str, asked: _Asked, headers: Mapping[str, str]) -> Any:
        """Ask; what only reads is asked again, once, when the connection broke: idle ones are closed after 5 s."""
        try:
            return self._once(host, asked, headers)
        except PveError as error:
            if asked.method != "GET" or not error.uncertain:
                raise
        return self._once(host, asked, headers)

    def _once(self, host: str, asked: _Asked, headers: Mapping[str, str]) -> Any:
        told = {"Accept": "application/json", "User-Agent": f"wakeful-collector/{__version__}", **headers}
        if asked.body is not None:
            told["Content-Type"] = _FORM
        pool = self._pool(host, reused=asked.method == "GET")
        until_seconds = clock.monotonic_seconds() + self._answer_seconds
        with self._turn:
            self.counts[asked.method] += 1
        try:
            answer = pool.request(
                asked.method,
                asked.target,
                body=asked.body,
                headers=told,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=self._answer_seconds),
            )
            try:
                body = answers.read(answer, asked.path, until_seconds)
            except PveError:
                answer.close()  # the rest of it must not be taken for the next answer
                raise
            finally:
                answer.release_conn()
        except _NOT_SENT as error:
            raise _NotConnected(_unconnected(host, error, asked.path)) from None
        except PveError as error:  # too much, or too slow: what was asked has arrived
            doubt = asked.method != "GET" and asked.path != signing.TICKET
            raise PveError(error.kind, error.text, error.status, path=error.path, uncertain=doubt) from None
        except (HTTPError, OSError, ValueError) as error:
            if _is_unshaken(error):
                raise _NotConnected(_unconnected(host, error, asked.path)) from None
            raise _broken(host, error, asked) from None
        finally:
            if asked.method != "GET":
                pool.close()
        try:
            return answers.data(answer.status, answer.reason or "", body, asked.path)
        except PveError as error:
            raise self._scrubbed(error, asked) from None

    def _scrubbed(self, error: PveError, asked: _Asked) -> PveError:
        """Return an error that does not repeat the secret, whatever the other side says, and that knows its doubt."""
        secret = self._secret or "\n"  # which no text holds
        errors = {name: text.replace(secret, "***") for name, text in error.errors.items()}
        doubt = asked.method != "GET" and (error.status in _DOUBTFUL or error.kind == "garbled")
        return PveError(error.kind, error.text.replace(secret, "***"), error.status, errors, error.path, doubt)

    def _pool(self, host: str, reused: bool) -> urllib3.HTTPSConnectionPool:
        """Return connections to a host; what changes something gets a fresh one, which nobody can have closed."""
        with self._turn:
            if self._context is None:
                self._context = trust.context(self.cluster)
            found = self._pools.get(host) if reused else None
            if found is None:
                found = _connections(host, self.cluster.fingerprints, self._context)
                if reused:
                    self._pools[host] = found
            return found


class _NotConnected(Exception):
    """A host could not be connected to, so that nothing was asked of it and another one can be."""

    def __init__(self, error: PveError) -> None:
        super().__init__(str(error))
        self.error = error


def _connections(host: str, pins: tuple[str, ...], context: ssl.SSLContext) -> urllib3.HTTPSConnectionPool:
    name, port = split_host(host)
    pool = urllib3.HTTPSConnectionPool(name, port, maxsize=CONNECTIONS_MAX, ssl_context=context, pins=pins)
    pool.ConnectionCls = trust.PinnedConnection
    return pool


def _pairs(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return parameters as the API takes them."""
    several = {name: value if isinstance(value, (list, tuple)) else (value,) for name, value in given.items()}
    return [(name, _text(one)) for name, values in several.items() for one in values if one is not None]


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _is_unshaken(error: Exception) -> bool:
    """Tell whether TLS failed before anything was asked; one that breaks later may have carried the request."""
    return isinstance(error, TlsError) and bool(error.args) and isinstance(error.args[0], trust.NotShaken)


def _unconnected(host: str, error: Exception, path: str) -> PveError:
    if isinstance(error, TlsError):
        cause = error.args[0] if error.args else error
        return PveError("tls", f"{host}: {_tls_words(cause)}", path=path)
    if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
        return PveError("unreachable", f"{host}: nobody answers within {CONNECT_SECONDS:g} s", path=path)
    return PveError("unreachable", f"{host}: {_cause(error)}", path=path)


def _tls_words(cause: Any) -> str:
    if isinstance(cause, trust.NotPinned):
        return str(cause.args[1])
    text = str(getattr(cause, "verify_message", "") or cause)
    if "WRONG_VERSION_NUMBER" in text or "HTTP_REQUEST" in text:
        return "what listens there speaks no TLS"
    return f"its certificate is not trusted: {text}"


def _broken(host: str, error: Exception, asked: _Asked) -> PveError:
    if isinstance(error, ReadTimeoutError):
        text = "it does not answer in time"
    else:
        text = f"the connection broke: {_cause(error)}"
    return PveError("unreachable", f"{host}: {text}", path=asked.path, uncertain=asked.path != signing.TICKET)


def _cause(error: BaseException) -> str:
    """Return the operating system's words, which stand at the bottom of what urllib3 raises."""
    found: BaseException = error
    while found.__cause__ is not None or found.__context__ is not None:
        found = found.__cause__ or found.__context__ or found
    return str(getattr(found, "strerror", None) or found)


def _summed(errors: Mapping[str, PveError], path: str) -> PveError:
    """Return the error of a cluster of which no host could be connected to: what is wrong with trust is worse."""
    found = next((one for one in errors.values() if one.kind == "tls"), None) or next(iter(errors.values()))
    told = "; ".join(one.text for one in errors.values())
    return PveError(found.kind, told, path=path)
