"""A machine that lies: whatever a token's holder gets past the wire must not break or bend a page, the API or /metrics.

One agent pushes names, labels, inventories, events and a hello of hostile texts and of shapes nobody expects, all of
them acceptable to the wire. Then every page and every answer is looked at.
"""

from __future__ import annotations

import gzip
import itertools
import json
import re
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wakeful_collector import accounts, config
from wakeful_collector.app import create_app
from wakeful_collector.enrolment import enroll, new_invite
from wakeful_collector.ingest.door import Door
from wakeful_collector.read import hosts as known_hosts
from wakeful_collector.rollups import refresh_sparks
from wakeful_collector.store import database, invites
from wakeful_wire.enroll import EnrollRequest
from wakeful_wire.schema import schema_hash, series

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

MARK = "zqzq"
HOSTILE = [
    f"<script>{MARK}()</script>",
    f'"><img src=x onerror={MARK}()>',
    f"' onmouseover='{MARK}()",
    f"javascript:{MARK}()",
    f"{{{{ {MARK} }}}}{{% raw %}}",
    f"'; DROP TABLE agents; --{MARK}",
    f"../../../etc/passwd{MARK}",
    f"$(touch {MARK})`id`",
    f"\u202e{MARK}\u2066\u200b",
    f"</textarea></style></title>{MARK}",
    "x" * 500,
    " ",
    "%s%n%(x)s{0}",
    "-",
    "__proto__",
    "constructor",
]
SHAPES: list[Any] = [None, True, -1, 1e308, 10**30, [], {}, [[]], [{}], {"a": {"b": [1]}}, HOSTILE[0], [HOSTILE[1]], ""]
INVENTORIES = ("system", "processes", "ports", "network", "filesystem", "packages", "sensors", "..", HOSTILE[0])


class Page(HTMLParser):
    """Finds what only markup of a hostile text could bring into a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (name in {"href", "src", "action"} and (value or "").startswith("javascript:")):
                self.found.append(f"<{tag} {name}={value!r}>")
            if name in {"src", "href"} and MARK in (value or "") and not (value or "").startswith(("/", "?", "#")):
                self.found.append(f"<{tag} {name}={value!r}>")
        if tag == "script" and not dict(attrs).get("src"):
            self.found.append("<script> without src")
        if tag == "img" and dict(attrs).get("src") == "x":
            self.found.append("an image of a hostile text")


class Stage:
    def __init__(self, data: Path) -> None:
        settings = config.load({"WAKEFUL_DATA": str(data)})
        database.create(data)
        self.now_ms = time.time_ns() // 1_000_000
        self.data = data
        self.door = Door(data)
        self.client: FlaskClient = create_app(settings).test_client()
        self.sequence = itertools.count()
        invite, digest = new_invite()
        connection = database.writer(data, "state")
        with database.transaction(connection):
            invites.add_invite(connection, digest, self.now_ms + 60_000, 9, (), "test", self.now_ms)
        connection.close()
        request = EnrollRequest(invite, HOSTILE[0], "", HOSTILE[1], "A" * 43 + "=")
        taken = enroll(data, request, "127.0.0.1", self.now_ms)
        self.id, self.token = taken.agent_id, taken.token

    def push(self, **parts: Any) -> None:
        agent = self.door.authenticate(f"Bearer {self.token}", self.now_ms)
        number = next(self.sequence)
        columns = parts.pop("columns", [series("system.uptime")])
        ticks = [[self.now_ms - 200_000 + number * 1000, [float(n % 7) for n in range(len(columns))]]]
        document = {
            "wire": 1,
            "run": "hostile-run",
            "sequence": number,
            "schema": schema_hash(columns),
            "series": [column.document() for column in columns],
            "ticks": ticks,
            **parts,
        }
        reply = self.door.take(agent, gzip.compress(json.dumps(document).encode()), "gzip", self.now_ms)
        assert reply.status == 200, reply.body

    def sign_in(self) -> None:
        link = accounts.create_signin_link(self.data, self.now_ms)
        assert self.client.get(f"/sign-in/link/{link}", base_url="http://127.0.0.1").status_code == 303

    def get(self, path: str, query: dict[str, str] | None = None) -> tuple[int, str, str]:
        answer = self.client.get(path, query_string=query, base_url="http://127.0.0.1")
        return answer.status_code, answer.mimetype or "", answer.get_data(as_text=True)


def hostile_columns() -> list[Any]:
    names = ["system.cpu.time", "system.filesystem.usage", "system.network.io", "system.disk.io", "hw.temperature"]
    labels = ["cpu", "mode", "mountpoint", "device", "direction", "state", "type", "chip", "sensor", "__name__", "le"]
    rows = [series(name, **dict.fromkeys(labels, text)) for name in names for text in [one[:500] for one in HOSTILE]]
    rows += [series(text[:120], a=text) for text in HOSTILE]
    rows += [series("ok.name", **{text[:60]: "v"}) for text in HOSTILE if text != "x" * 500]
    return list(dict.fromkeys(rows))


def stage_lies(stage: Stage, number: int, shape: Any) -> None:
    """Push a hello, inventories, outcomes and events that hold `shape` where nobody expects it."""
    hello = {"version": HOSTILE[0], "name": HOSTILE[number % 10], "later": shape}
    for field in ("uname", "os", "user", "meters"):
        hello[field] = {"release": shape, "name": shape, "version": shape, "id": shape, HOSTILE[0]: HOSTILE[1]}
    for field in ("cpu", "tags", "virtualisation", "memory"):
        hello[field] = shape
    hello["capabilities"] = [{"name": t[:200], "available": False, "reason": t, "fix": t} for t in HOSTILE]
    hello["actions"] = [shape]
    inventories = {name: {"hash": f"{number}", "body": shape} for name in INVENTORIES}
    if number % 2:
        rows = [{"pid": shape, "name": HOSTILE[0], "cpu": shape, HOSTILE[1]: shape}, shape, {"port": shape}]
        inventories = {name: {"hash": f"{number}", "body": rows} for name in INVENTORIES}
    meters = {text[:100]: {"outcome": "failed", "error": text} for text in HOSTILE}
    meters["cpu"] = {"outcome": "timeout", "error": HOSTILE[number % 10], "seconds": 1e300}
    event = {"id": f"e{number}", "at": stage.now_ms, "kind": HOSTILE[0][:100], "subject": HOSTILE[1]}
    events = [
        {**event, "data": {HOSTILE[2]: shape}},
        {**event, "id": f"f{number}", "at": 0, "kind": "agent.started"},
    ]
    stage.push(hello=hello, inventories=inventories, meters=meters, events=events)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("hostile") / "data")
    stage.push(columns=hostile_columns())
    stage.sign_in()
    stage_lies(stage, 0, SHAPES[0])
    refresh_sparks(stage.data, stage.now_ms)
    yield stage
    stage.door.close()


PAGES = (
    "/",
    "/events",
    "/machines/add",
    "/account",
    "/settings/keys",
    "/settings/people",
    "/settings/invites",
    "/settings/audit",
)
HOST_PAGES = ("", "/system", "/events", "/inventories", "/filesystems")


def look(stage: Stage) -> None:
    """Look at the pages that show a hello and inventories, after each new shape."""
    pages = [*PAGES, *(f"/hosts/{stage.id}{part}" for part in HOST_PAGES)]
    pages += [
        f"/hosts/{stage.id}/inventories/{name}" for name in ("system", "processes", "ports", "network", "packages")
    ]
    for path in pages:
        status, kind, text = stage.get(path)
        assert status == 200, f"{path}: {status} {text[-600:]}"
        assert "Traceback" not in text
        if kind == "text/html":
            page = Page()
            page.feed(text)
            assert not page.found, f"{path}: {page.found[:3]}"
    for path in ("", "/series", "/inventories", "/events", *(f"/inventories/{name}" for name in INVENTORIES[:6])):
        query = {"name": "*", "from": "-1h"} if path == "/series" else None
        status, kind, text = stage.get(f"/api/v1/hosts/{stage.id}{path}", query)
        assert status == 200, f"{path}: {status} {text[:600]}"
        assert kind == "application/json"
        assert not re.search(r"[:\[,](NaN|-?Infinity)", text), path
        json.loads(text)


@pytest.mark.parametrize("number", range(len(SHAPES)), ids=[repr(shape)[:20] for shape in SHAPES])
def test_pages_and_answers_hold_against_every_shape(stage: Stage, number: int) -> None:
    stage_lies(stage, number, SHAPES[number])
    look(stage)
    assert known_hosts.host(stage.data, stage.id) is not None


def test_sorting_and_searching_take_any_text(stage: Stage) -> None:
    for text, page in itertools.product(
        [*HOSTILE, "\x00", "\ud83d", "a" * 3000], ("/", f"/hosts/{stage.id}/inventories/processes")
    ):
        for field in ("q", "sort", "tag", "order", "page", "status", "before"):
            status, _, body = stage.get(page, {field: text.encode("utf-8", "replace").decode()})
            assert status in {200, 400, 404}, f"{page}?{field}={text[:40]!r}: {status}"
            checked = Page()
            checked.feed(body)
            assert not checked.found


def test_the_texts_are_there_and_are_text(stage: Stage) -> None:
    shown = "".join(stage.get(path)[2] for path in ("/", "/events", f"/hosts/{stage.id}/system"))
    assert "&lt;script&gt;" + MARK in shown
    assert f"<script>{MARK}" not in shown
    assert f"<img src=x onerror={MARK}" not in shown


def test_metrics_stay_readable_for_prometheus(stage: Stage) -> None:
    status, _, text = stage.get("/metrics")
    assert status == 200, text[:300]
    families = list(text_string_to_metric_families(text))
    assert len(families) > 5
    names = [sample.name for family in families for sample in family.samples]
    assert all(re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", name) for name in names)
    seen = [(s.name, tuple(sorted(s.labels.items()))) for family in families for s in family.samples]
    assert len(set(seen)) == len(seen), "a sample stands twice"


def test_the_api_answers_hostile_questions_with_its_own_errors(stage: Stage) -> None:
    questions = (
        [("name", text) for text in HOSTILE] + [("label", text) for text in HOSTILE] + [("by", t) for t in HOSTILE]
    )
    questions += [("from", text) for text in HOSTILE] + [("points", text) for text in [*HOSTILE, "0", "-1", "9" * 30]]
    for field, text in questions:
        query = {"name": "system.*", "from": "-1h", field: text}
        status, kind, body = stage.get(f"/api/v1/hosts/{stage.id}/series", query)
        assert status in {200, 400, 422}, f"{field}={text[:40]!r}: {status} {body[:200]}"
        assert kind == "application/json"
        if status != 200:
            assert set(json.loads(body)) == {"error", "message"}
    for text in HOSTILE:
        status, _, body = stage.get(f"/api/v1/hosts/{text.replace('/', '%2F')}")
        assert status in {400, 404}, f"{text!r}: {status} {body[:200]}"
