"""The child process that holds fakepve: clusters opened and steered by lines of JSON on standard input.

Nothing else of the tests or of the product imports fakepve (AGPL). On top of it stands what the real pveproxy does and
fakepve does not: no chunked bodies, no body on GET and DELETE, 501 for unknown paths, an empty change refused, the
connection closed after an error, bodies without a message before version 9.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import urllib.parse
from typing import Any

from aiohttp import web
from fakepve import FakePve

API = "/api2/json"
MESSAGES_SINCE = 9
LISTED_TASKS_MAX = 500
"""How many tasks `/cluster/tasks` lists: fakepve answers a sample there that knows of none."""


class Cluster(FakePve):
    """A cluster as the real server would answer for it, with every request on record."""

    def __init__(self, user: str, password: str, time_scale: float, host: str, port: int) -> None:
        super().__init__(user=user, password=password, host=host, port=port)
        self.time_scale = time_scale
        self.record: list[dict[str, Any]] = []
        self.canned: dict[str, Any] = {}

    def _build_app(self) -> web.Application:
        app = super()._build_app()
        app.middlewares.insert(0, self._strictly)
        return app

    @web.middleware
    async def _strictly(self, request: web.Request, handler: Any) -> web.StreamResponse:
        body = (await request.read()).decode(errors="replace")
        path = urllib.parse.unquote(request.path).removeprefix(API)
        told = {"method": request.method, "path": path, "query": _map(request.query_string), "form": _map(body)}
        self.record.append(told)
        refusal = self._refusal(request, path, body)
        if refusal is not None:
            return refusal
        asked = f"{request.method} {path}"
        canned = self.canned.get(f"{asked}?{request.query_string}", self.canned.get(asked))
        if canned is not None and self._is_known(request):
            return web.json_response({"data": canned[0]})
        try:
            answer = await handler(request)
        except web.HTTPNotFound:
            return self._error(501, f"Method '{request.method} {path}' not implemented")
        if (request.method, path, answer.status) == ("GET", "/cluster/tasks", 200):
            newest = reversed(self.tasklog[-LISTED_TASKS_MAX:])
            return web.json_response({"data": [self._task_view(one, True) for one in newest]})
        if isinstance(answer, web.Response) and answer.status >= 400:
            answer.force_close()
            if answer.content_type == "application/json":
                answer = self._as_real(answer)
        return answer

    def _is_known(self, request: web.Request) -> bool:
        try:
            self._authenticate(request)
        except Exception:
            return False
        return True

    def _refusal(self, request: web.Request, path: str, body: str) -> web.Response | None:
        """Return what pveproxy answers before it looks at the path."""
        if request.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._error(501, "chunked transfer encoding not supported")
        if body and request.method in {"GET", "DELETE"}:
            return self._error(501, f"Unexpected content for method '{request.method}'")
        is_change = path.endswith("/config") and request.method in {"PUT", "POST"}
        if is_change and not body and self._is_known(request):
            return self._error(500, "no options specified")
        return None

    def _error(self, status: int, reason: str) -> web.Response:
        told: dict[str, Any] = {"data": None}
        if self._tells_messages():
            told["message"] = f"{reason}\n"
        answer = web.json_response(told, status=status, reason=reason)
        answer.force_close()
        return answer

    def _tells_messages(self) -> bool:
        return int(self.version.split(".")[0]) >= MESSAGES_SINCE

    def _as_real(self, answer: web.Response) -> web.Response:
        status, reason = answer.status, answer.reason
        if status == 404:
            status, reason = 501, f"Method not implemented ({reason})"
        told = json.loads(answer.text or "{}")
        if not self._tells_messages():
            told.pop("message", None)
        made = web.json_response(told, status=status, reason=reason)
        made.force_close()
        return made


def _map(text: str) -> dict[str, Any]:
    """Return a form as a map; what comes several times is a list."""
    found: dict[str, Any] = {}
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
        known = found.get(name)
        found[name] = value if known is None else [*(known if isinstance(known, list) else [known]), value]
    return found


def _plain(value: Any) -> Any:
    """Return what JSON can say of a value of fakepve's."""
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(one) for one in value)
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else repr(value)


class Clusters:
    """Every cluster of this process; each method is one order, its arguments the order's."""

    def __init__(self) -> None:
        self.open_ones: dict[int, Cluster] = {}

    async def open(
        self, user: str, password: str, time_scale: float, certificate: str, host: str, port: int
    ) -> list[int]:
        made = Cluster(user, password, time_scale, host, port)
        await made.start(certificate, certificate)
        number = len(self.open_ones)
        self.open_ones[number] = made
        return [number, made.port]

    async def close(self, number: int) -> None:
        await self.open_ones[number].stop()

    async def listen(self, number: int, certificate: str) -> None:
        """Listen again, on the port it had."""
        await self.open_ones[number].start(certificate, certificate)

    async def show(self, number: int, certificate: str) -> None:
        """Show another certificate from the next connection on."""
        for site in self.open_ones[number].runner.sites:
            site._ssl_context.load_cert_chain(certificate)

    async def requests(self, number: int, since: int) -> list[dict[str, Any]]:
        return self.open_ones[number].record[since:]

    async def answer(self, number: int, what: str, data: list[Any]) -> None:
        """Answer `what` (as `GET /cluster/backup`) with data of the test's own; an empty list ends that."""
        canned = self.open_ones[number].canned
        canned.pop(what, None)
        canned.update({what: data} if data else {})

    async def call(self, number: int, on: int, name: str, words: list[Any], named: dict[str, Any]) -> Any:
        """Call a method of the cluster, or of its guest `on`; coroutines are waited for."""
        found = getattr(self._subject(number, on), name)(*words, **named)
        return _plain(await found if inspect.isawaitable(found) else found)

    async def put(self, number: int, on: int, name: str, value: Any) -> None:
        setattr(self._subject(number, on), name, value)

    async def merge(self, number: int, on: int, name: str, value: dict[str, Any]) -> None:
        """Put values into a map of the cluster or a guest; None takes one out."""
        found = getattr(self._subject(number, on), name)
        for key, one in value.items():
            if one is None:
                found.pop(key, None)
            else:
                found[key] = one

    async def get(self, number: int, on: int, name: str) -> Any:
        return _plain(getattr(self._subject(number, on), name))

    async def forget(self, number: int, vmid: int) -> None:
        """Take a guest away, as if somebody had destroyed it."""
        found = self.open_ones[number]
        found.vms = [one for one in found.vms if one.vmid != vmid]
        found.cts = [one for one in found.cts if one.vmid != vmid]

    async def storage(self, number: int, name: str, options: dict[str, Any]) -> None:
        """Add a storage, or change one."""
        kept = self.open_ones[number].storages.setdefault(name, {"type": "dir", "active": 1, "files": set()})
        kept.update(options)

    def _subject(self, number: int, on: int) -> Any:
        cluster = self.open_ones[number]
        if not on:
            return cluster
        found = cluster.guest(on)
        if found is None:
            raise KeyError(f"there is no guest {on}")
        return found


async def obey() -> None:
    """Answer orders until standard input ends, which is when the test is over or dead."""
    clusters = Clusters()
    reader = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        name, words = json.loads(line)
        try:
            told = {"told": await getattr(clusters, name)(*words)}
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(obey())
