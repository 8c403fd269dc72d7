"""Plain clients of a Panel and of Wings for the fake's own tests: they know nothing of how our agent does it."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import unquote

import websocket

from .pterodactyl import Times, pterodactyl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .pterodactyl import Panel, Pterodactyl, Server

QUICK = {"create_seconds": 0.02, "boot_seconds": 0.05, "stop_seconds": 0.05, "crash_restart_seconds": 0.02}
JSON = {"Accept": "application/json", "Content-Type": "application/json"}


class Answer:
    """What came back."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()
        self.cookies = dict(line.partition(";")[0].split("=", 1) for line in answer.headers.get_all("Set-Cookie") or [])

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The first error."""
        found: dict[str, Any] = self.json()["errors"][0]
        return found


def ask(panel: Panel, method: str, path: str, document: Any = None, **headers: str) -> Answer:
    """Ask the Panel once; underscores in names of headers are dashes."""
    connection = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=20)
    try:
        given = {**JSON, **{name.replace("_", "-"): text for name, text in headers.items()}}
        body = None if document is None else document if isinstance(document, str) else json.dumps(document)
        connection.request(method, path, body, {name: text for name, text in given.items() if text})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def by_key(stage: Pterodactyl, method: str, path: str, key: str, document: Any = None, **headers: str) -> Answer:
    """Ask with an API key."""
    return ask(stage.panel, method, path, document, Authorization=f"Bearer {key}", **headers)


class Browser:
    """Keeps cookies as a browser does, and sends the CSRF token as the Panel's page does."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.cookies: dict[str, str] = {}
        self.ask("GET", "/sanctum/csrf-cookie")

    def ask(self, method: str, path: str, document: Any = None, csrf: str | None = None, **headers: str) -> Answer:
        """Ask with the cookies; `csrf` replaces the token."""
        token = unquote(self.cookies.get("XSRF-TOKEN", "")) if csrf is None else csrf
        cookie = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        if method != "GET":
            headers["X_XSRF_TOKEN"] = token
        answer = ask(self.panel, method, path, document, Cookie=cookie, **headers)
        self.cookies.update(answer.cookies)
        return answer

    def log_in(self, user: str, password: str) -> Answer:
        """Log in by name and password."""
        return self.ask("POST", "/auth/login", {"user": user, "password": password})


class Console:
    """One websocket, with everything it was told."""

    def __init__(self, channel: websocket.WebSocket) -> None:
        self.channel = channel
        self.heard: list[tuple[str, list[str]]] = []

    def say(self, event: str, *arguments: str) -> None:
        self.channel.send(json.dumps({"event": event, "args": list(arguments)}))

    def read(self, seconds: float) -> tuple[str, list[str]] | None:
        """Return the next event that is no `stats`; None when there is none in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.channel.settimeout(left)
            try:
                text = self.channel.recv()
            except websocket.WebSocketTimeoutException:
                return None
            if not text:
                return None
            document = json.loads(text)
            event = document["event"], document.get("args", [])
            self.heard.append(event)
            if event[0] != "stats":
                return event
        return None

    def until(self, event: str, *arguments: str, seconds: float = 20) -> list[tuple[str, list[str]]]:
        """Read until an event comes (with these arguments, when given); return all that came, with it at the end."""
        seen = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            got = self.read(left)
            if got is None:
                break
            seen.append(got)
            if got[0] == event and list(arguments) in ([], got[1]):
                return seen
        raise AssertionError(f"no {event} {arguments}, but {seen}")

    def line(self, words: str) -> list[str]:
        """Read until a line of the console has these words; return all its lines, with it at the end."""
        lines = said(self.until("console output"), "console output")
        while words not in lines[-1]:
            lines += said(self.until("console output"), "console output")
        return lines

    def answers(self) -> list[tuple[str, list[str]]]:
        """Return what comes until all that was said has been heard: until a ping said behind it is answered."""
        seen = []
        self.channel.settimeout(20)
        self.channel.ping("heard?")
        while True:
            opcode, data = self.channel.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_PONG:
                return seen
            document = json.loads(data)
            seen.append((document["event"], document.get("args", [])))

    def quiet(self, seconds: float) -> list[tuple[str, list[str]]]:
        """Return what comes in so long."""
        seen = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            got = self.read(left)
            if got is not None:
                seen.append(got)
        return seen


def token(stage: Pterodactyl, server: Server, key: str) -> tuple[str, str]:
    """Return a websocket token and the address of its socket."""
    answer = ask(stage.panel, "GET", f"/api/client/servers/{server.short}/websocket", Authorization=f"Bearer {key}")
    assert answer.status == 200, answer.body
    data = answer.json()["data"]
    return data["token"], data["socket"]


@contextlib.contextmanager
def console(
    stage: Pterodactyl, server: Server, key: str, origin: str | None = None, auth: bool = True
) -> Iterator[Console]:
    """Open a websocket, by default as the Panel's page does, and authenticate it."""
    text, address = token(stage, server, key)
    channel = websocket.create_connection(address, origin=origin or stage.panel.url, timeout=20)
    open_one = Console(channel)
    try:
        if auth:
            open_one.say("auth", text)
            open_one.until("status")
        yield open_one
    finally:
        channel.close()


def wait_until(so: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


@contextlib.contextmanager
def set_up(
    version: str = "1.12.3", state: str = "running", **times: float
) -> Iterator[tuple[Pterodactyl, Server, str]]:
    """Run a Panel and a Wings with a server and a key of its owner; real times but for a game that is quick."""
    with pterodactyl(Times(**{**QUICK, "throttle_seconds": 0.01, **times}), wings_version=version) as stage:
        kim = stage.panel.add_user("kim", password="secret-1")
        yield stage, stage.add_server("survival", kim, state), stage.panel.add_key(kim)


def said(events: list[tuple[str, list[str]]], event: str) -> list[str]:
    """Return what one kind of event said each time."""
    return ["".join(args) for name, args in events if name == event]
