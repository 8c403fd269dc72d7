"""The collector's API as the commands use it: documents in, documents out, errors as sentences with a way out."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from wakeful_collector.remote.failure import FAILED, NOT_FOUND, REFUSED, UNREACHABLE, USAGE, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wakeful_collector.remote.connection import Connection, Reply

PREFIX = "/api/v1"
BUSY_SECONDS_MAX = 10.0
"""How long a busy collector is waited for, all tries together."""
PAGES_MAX = 1_000

_EXITS = {
    400: USAGE,
    401: REFUSED,
    403: REFUSED,
    404: NOT_FOUND,
    409: REFUSED,
    413: USAGE,
    415: USAGE,
    422: USAGE,
    429: REFUSED,
}
_BUSY = {429, 503}


def path(*words: str) -> str:
    """Return a path of the API; each word is one part of it, whatever it holds."""
    return "/" + "/".join(quote(word, safe="") for word in words)


class Client:
    """Asks one collector with one key."""

    def __init__(self, connection: Connection, key: str) -> None:
        self._connection = connection
        self._key = key
        self.now_ms = 0
        """What the collector's clock said in its last answer, 0 before: ages are told by it."""

    def get(self, target: str, patience_seconds: float = 0, **query: Any) -> Any:
        """Return the document at `target`; raise Failure."""
        return self._ask("GET", target, query, None, patience_seconds)

    def post(self, target: str, body: Any, patience_seconds: float = 0, **query: Any) -> Any:
        """Return the answer to `body`; raise Failure."""
        return self._ask("POST", target, query, json.dumps(body).encode("ascii"), patience_seconds)

    def pages(self, target: str, field: str, most: int | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of a list, page after page, at most `most` of them; raise Failure."""
        cursor, told = None, 0
        for _ in range(PAGES_MAX):
            document = self.get(target, cursor=cursor, **query)
            for item in records(document, field):
                if told == most:
                    return
                told += 1
                yield item
            cursor = document.get("next")
            if cursor is None or told == most:
                return

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(
        self, method: str, target: str, query: dict[str, Any], body: bytes | None, patience_seconds: float
    ) -> dict[str, Any]:
        asked = urlencode([pair for name, value in query.items() for pair in _pairs(name, value)])
        whole = PREFIX + target + (f"?{asked}" if asked else "")
        headers = {"Authorization": f"Bearer {self._key}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        waited = 0.0
        while True:
            reply = self._connection.request(method, whole, headers, body, patience_seconds)
            pause = _pause_seconds(reply)
            if pause is None or waited + pause > BUSY_SECONDS_MAX:
                return self._document(reply, target)
            time.sleep(pause)
            waited += pause

    def _document(self, reply: Reply, target: str) -> dict[str, Any]:
        address = self._connection.way.address.text
        self.now_ms = _clock_ms(reply.headers.get("date", "")) or self.now_ms
        if 300 <= reply.status < 400:
            where = reply.headers.get("location", "elsewhere")
            hint = "log in with the address it names; the key is sent nowhere else by itself"
            raise Failure(UNREACHABLE, "moved", f"{address} sends us to {where[:200]}", hint)
        try:
            document = json.loads(reply.body)
        except ValueError:
            document = None
        if 200 <= reply.status < 300 and isinstance(document, dict):
            return document
        raise refusal(reply.status, document, address, target)


def records(document: Any, field: str) -> list[dict[str, Any]]:
    """Return the records that an answer holds under `field`; raise Failure when it is not what it should be."""
    found = document.get(field) if isinstance(document, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Failure(
            FAILED, "bad_answer", f"the collector's answer holds no list of {field}", "are versions far apart?"
        )
    return found


def refusal(status: int, document: Any, address: str, target: str) -> Failure:
    """Return what an answer that is not the wished one means."""
    said = document if isinstance(document, dict) else {}
    code, message = str(said.get("error") or ""), str(said.get("message") or "")
    if not code:
        front = "what stands in front of it" if status in {502, 503, 504} else "what answers there"
        hint = "is that the address of a Wakeful collector, and does it run?"
        return Failure(UNREACHABLE, "no_collector", f"{address}: {front} answers {status} and no document", hint)
    if status == 404 and code == "not_found":
        hint = "update the collector, or use the `wakeful` that came with it"
        return Failure(FAILED, "not_offered", f"the collector at {address} does not offer {PREFIX}{target}", hint)
    if status in {421, 503}:
        return Failure(UNREACHABLE, code, f"{address}: {message}")
    return Failure(_EXITS.get(status, FAILED), code, _WAY_OF_THE_API.sub("", message), _hint(status, code, message))


def _hint(status: int, code: str, message: str) -> str:
    if status == 403:
        # As little as will do: what lacks is named by the collector.
        lacks = _LACKS.search(message)
        scope = lacks[1] if lacks else "operate"
        return (
            f"a key that may do this is made on the collector: wakeful-collector key create --name NAME --scope {scope}"
        )
    listed = _LISTED_BY.get(code, "")
    return f"wakeful {listed} lists them" if listed else _HINTS.get(status, "")


_LACKS = re.compile(r"needs the scope (read|operate|gateway|admin)\b")
_WAY_OF_THE_API = re.compile(r"; GET /api/v1/\w+ lists them$")
_LISTED_BY = {
    "unknown_host": "hosts",
    "unknown_command": "commands",
    "unknown_incident": "incidents",
    "unknown_channel": "channels",
    "unknown_delivery": "deliveries",
}
_HINTS = {
    401: "log in again with a key that is valid: wakeful login",
    500: "the collector's log says why: journalctl -u wakeful-collector",
}


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [(name, str(one)) for one in value]
    return [(name, str(value))]


def _pause_seconds(reply: Reply) -> float | None:
    """Return how long to wait before asking the same again; None when the answer stands. Busy means: not done."""
    if reply.status not in _BUSY:
        return None
    said = reply.headers.get("retry-after", "")
    return max(0.1, float(said)) if said.isascii() and said.isdigit() and len(said) < 6 else None


def _clock_ms(text: str) -> int:
    from email.utils import parsedate_to_datetime

    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
