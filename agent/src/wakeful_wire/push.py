"""The push, part by part: what an agent sends and what the collector accepts."""

from __future__ import annotations

from wakeful_wire import WIRE, check, limits
from wakeful_wire.errors import WireError
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, parse_schema, parse_series, schema_hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OUTCOMES = ("ok", "nothing", "failed", "timeout", "disabled", "refused")
"""How a meter's run ended: read, nothing of it here, failed, over its budget, switched off, not permitted here."""

RESULT_STATES = ("done", "failed", "refused", "expired")


class Tick(NamedTuple):
    """One row: time in milliseconds since the epoch, one value a series, None where there was no reading."""

    time_ms: int
    values: list[float | None]


class Inventory(NamedTuple):
    """A document with its hash; `body` is None and `has_body` false when only the hash travels."""

    name: str
    hash: str
    has_body: bool
    body: Any


class Event(NamedTuple):
    """Something that happened on the host; `id` makes it idempotent."""

    id: str
    at_ms: int
    kind: str
    subject: str
    data: dict[str, Any]


class Result(NamedTuple):
    """What became of a command."""

    command: str
    state: str
    data: dict[str, Any]


class Outcome(NamedTuple):
    """How the last run of a meter ended."""

    outcome: str
    error: str
    seconds: float


class Push(NamedTuple):
    """One message of an agent, read and checked; `series` is None when only the schema's hash travelled."""

    run: str
    sequence: int
    hello: dict[str, Any] | None
    schema: str
    series: list[Series] | None
    ticks: list[Tick]
    meters: dict[str, Outcome]
    inventories: list[Inventory]
    events: list[Event]
    results: list[Result]


def parse_push(document: Any) -> Push:
    """Read a whole push; raise WireError naming the first field that is not acceptable."""
    body = check.mapping(document, "push")
    parse_wire(body.get("wire"))
    columns = None if body.get("series") is None else parse_series(body["series"])
    schema = parse_schema(body.get("schema"))
    if columns is not None and schema_hash(columns) != schema:
        raise check.refuse("schema", "is not the hash of the series list", "schema_mismatch")
    return Push(
        run=parse_run(body.get("run")),
        sequence=check.whole(body.get("sequence"), "sequence", 0, limits.SEQUENCE_MAX),
        hello=None if body.get("hello") is None else parse_hello(body["hello"]),
        schema=schema,
        series=columns,
        ticks=parse_ticks(body.get("ticks", []), None if columns is None else len(columns)),
        meters=parse_meters(body.get("meters", {})),
        inventories=parse_inventories(body.get("inventories", {})),
        events=parse_events(body.get("events", [])),
        results=parse_results(body.get("results", [])),
    )


def parse_wire(value: Any) -> int:
    """Read the wire's number; raise WireError for a form this side does not know."""
    if isinstance(value, bool) or value != WIRE:
        raise WireError("unknown_wire", f"wire: this side speaks {WIRE}", 422)
    return WIRE


def parse_run(value: Any) -> str:
    """Read a run id: 8 to 64 letters, digits, `-` or `_`."""
    text = check.word(value, "run", 64, empty=True)
    if len(text) < 8 or not all(
        character.isascii() and (character.isalnum() or character in "-_") for character in text
    ):
        raise check.refuse("run", "must be 8 to 64 letters, digits, '-' or '_'")
    return text


def parse_ticks(value: Any, width: int | None) -> list[Tick]:
    """Read the ticks; times must rise, each row must have `width` values (one for all rows where None is given)."""
    rows = check.sequence(value, "ticks", limits.TICKS_MAX)
    ticks: list[Tick] = []
    for index, row in enumerate(rows):
        tick = _tick(row, f"ticks[{index}]")
        width = len(tick.values) if width is None else width
        check_width(len(tick.values), width)
        if ticks and tick.time_ms <= ticks[-1].time_ms:
            raise check.refuse("ticks", "times must rise from tick to tick", "ticks_out_of_order")
        ticks.append(tick)
    if width is not None and width * len(ticks) > limits.VALUES_MAX:
        raise WireError("too_large", f"ticks: more than {limits.VALUES_MAX} values in one push", 413)
    return ticks


def check_width(found: int, width: int) -> None:
    """Raise WireError when a row does not have one value for each series."""
    if found != width:
        raise check.refuse("ticks", f"a row has {found} values, the schema has {width} series", "wrong_width")


def check_times(first_ms: int, last_ms: int, now_ms: int) -> None:
    """Raise WireError when ticks lie too far in the future or the past of `now_ms`."""
    ahead_seconds = (last_ms - now_ms) / 1000
    if ahead_seconds > limits.SKEW_AHEAD_SECONDS_MAX:
        raise check.refuse(
            "ticks", f"lie {ahead_seconds:.0f} s in the future; check the machine's clock", "clock_ahead"
        )
    if (now_ms - first_ms) / 1000 > limits.AGE_SECONDS_MAX:
        raise check.refuse("ticks", f"are older than {limits.AGE_SECONDS_MAX // 86_400} days", "too_old")


def parse_hello(value: Any) -> dict[str, Any]:
    """Read what an agent says of itself: an object, bounded, with the fields every reader relies on checked.

    Fields: `version`, `name`, `machine_id` (text), `boot_time_ms`, `interval` (numbers), `uname`, `os`, `user`,
    `meters` (objects), `config` (`{hash, refused: {hash, error}}`), `capabilities` (list of
    `{name, available, reason, fix, exposes}`), `actions`, `watches`, `networks` (lists).
    """
    hello = _document(value, "hello", limits.HELLO_BYTES_MAX)
    for field in ("version", "name", "machine_id", "virtualization", "python"):
        if field in hello:
            check.word(hello[field], f"hello.{field}", limits.SHORT_TEXT_CHARACTERS_MAX, empty=True)
    for field in ("uname", "os", "user", "meters", "config"):
        if field in hello:
            check.mapping(hello[field], f"hello.{field}", limits.METERS_MAX)
    if "boot_time_ms" in hello:
        check.number(hello["boot_time_ms"], "hello.boot_time_ms", 0, limits.TIME_MS_MAX)
    if "interval" in hello:
        check.number(hello["interval"], "hello.interval", 0, limits.INTERVAL_SECONDS_MAX)
    _config(hello.get("config", {}))
    for index, item in enumerate(
        check.sequence(hello.get("capabilities", []), "hello.capabilities", limits.CAPABILITIES_MAX)
    ):
        _capability(item, f"hello.capabilities[{index}]")
    for field in ("actions", "watches", "networks"):
        check.sequence(hello.get(field, []), f"hello.{field}", limits.CAPABILITIES_MAX)
    return hello


def parse_meters(value: Any) -> dict[str, Outcome]:
    """Read how each meter's last run ended."""
    outcomes = {}
    for name, item in check.mapping(value, "meters", limits.METERS_MAX).items():
        where = f"meters.{check.word(name, 'meters key', limits.NAME_CHARACTERS_MAX)}"
        body = check.mapping(item, where, 16)
        if body.get("outcome") not in OUTCOMES:
            raise check.refuse(f"{where}.outcome", f"must be one of {', '.join(OUTCOMES)}")
        error = check.text(body.get("error", ""), f"{where}.error")
        outcomes[name] = Outcome(body["outcome"], error, check.number(body.get("seconds", 0), f"{where}.seconds"))
    return outcomes


def parse_inventories(value: Any) -> list[Inventory]:
    """Read the inventories: hash always, body only where it changed."""
    found = []
    for name, item in check.mapping(value, "inventories", limits.INVENTORIES_MAX).items():
        where = f"inventories.{check.word(name, 'inventories key', limits.NAME_CHARACTERS_MAX)}"
        body = check.mapping(item, where, 8)
        digest = check.word(body.get("hash"), f"{where}.hash", 128)
        content = check.document(body.get("body"), f"{where}.body", limits.INVENTORY_BYTES_MAX)
        found.append(Inventory(name, digest, "body" in body, content))
    return found


def parse_events(value: Any) -> list[Event]:
    """Read the events."""
    events = []
    for index, item in enumerate(check.sequence(value, "events", limits.EVENTS_MAX)):
        where = f"events[{index}]"
        body = _document(item, where, limits.EVENT_BYTES_MAX)
        events.append(
            Event(
                id=check.word(body.get("id"), f"{where}.id", 64),
                at_ms=check.whole(body.get("at"), f"{where}.at", 0, limits.TIME_MS_MAX),
                kind=check.word(body.get("kind"), f"{where}.kind", limits.NAME_CHARACTERS_MAX),
                subject=check.text(body.get("subject", ""), f"{where}.subject", limits.LABEL_VALUE_CHARACTERS_MAX),
                data=check.mapping(body.get("data", {}), f"{where}.data"),
            )
        )
    return events


def parse_results(value: Any) -> list[Result]:
    """Read what became of commands."""
    results = []
    for index, item in enumerate(check.sequence(value, "results", limits.RESULTS_MAX)):
        where = f"results[{index}]"
        body = _document(item, where, limits.EVENT_BYTES_MAX)
        if body.get("state") not in RESULT_STATES:
            raise check.refuse(f"{where}.state", f"must be one of {', '.join(RESULT_STATES)}")
        command = check.word(body.get("command"), f"{where}.command", 64)
        results.append(Result(command, body["state"], check.mapping(body.get("data", {}), f"{where}.data")))
    return results


def _tick(row: Any, where: str) -> Tick:
    if not isinstance(row, list) or len(row) != 2:
        raise check.refuse(where, "must be a pair of time and values")
    time_ms = check.whole(row[0], f"{where} time", 0, limits.TIME_MS_MAX)
    values = check.sequence(row[1], f"{where} values", limits.SERIES_MAX)
    return Tick(time_ms, [None if value is None else check.number(value, where) for value in values])


def _capability(item: Any, where: str) -> None:
    body = check.mapping(item, where, 16)
    check.word(body.get("name"), f"{where}.name", limits.SHORT_TEXT_CHARACTERS_MAX)
    check.flag(body.get("available"), f"{where}.available")
    for field in ("reason", "fix", "exposes"):
        check.text(body.get(field, ""), f"{where}.{field}")


def _config(value: Any) -> None:
    body = check.mapping(value, "hello.config", 16)
    if body.get("hash") is not None:
        check.word(body["hash"], "hello.config.hash", 64)
    refused = body.get("refused")
    if refused is not None:
        check.word(check.mapping(refused, "hello.config.refused", 16).get("hash"), "hello.config.refused.hash", 64)
        check.text(refused.get("error", ""), "hello.config.refused.error")


def _document(value: Any, where: str, most: int) -> dict[str, Any]:
    check.document(check.mapping(value, where), where, most)
    return dict(value)
