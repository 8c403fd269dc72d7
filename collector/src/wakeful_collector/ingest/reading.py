"""Reads a push: a quick path for bare ticks of a known schema, the wire's own checks for everything else."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from wakeful_collector.model import event_kinds
from wakeful_collector.store import inventories
from wakeful_wire import WIRE, limits, packing, push
from wakeful_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wakeful_wire.schema import Series

Ticks = list[tuple[int, list[float | None]]]
_ROOMS = ("command.", "gateway.", "proxmox.")
"""What events of commands and of rooms begin with, those of kinds to come among them: they are no agent's to tell."""

_RUN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_HEXADECIMAL = frozenset("0123456789abcdef")


class _Bare(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A push that holds ticks and nothing else."""

    wire: int
    run: str
    sequence: int
    schema: str
    ticks: msgspec.Raw


class _TicksOnly(msgspec.Struct, gc=False):
    ticks: msgspec.Raw = msgspec.Raw(b"[]")


_bare = msgspec.json.Decoder(_Bare)
_ticks_only = msgspec.json.Decoder(_TicksOnly)
_rows = msgspec.json.Decoder(Ticks)


class Side(NamedTuple):
    """What a push carries beside ticks; `bodies` are the inventories' packed documents by name."""

    hello: dict[str, Any] | None
    meters: dict[str, push.Outcome]
    inventories: list[push.Inventory]
    bodies: dict[str, inventories.Packed]
    events: list[push.Event]
    results: list[push.Result]


class Reading(NamedTuple):
    """A push that is acceptable as far as it can be told without the store."""

    run: str
    sequence: int
    schema: str
    series: Sequence[Series] | None
    ticks: Sequence[tuple[int, Sequence[float | None]]]
    digest: bytes
    side: Side | None


def read_push(content: bytes, width_of: Callable[[str], int | None], now_ms: int) -> Reading:
    """Read a push from its JSON text; raise WireError with the status to answer.

    Items are counted before anything is built of them. `width_of` tells how many series a schema has, None when the
    collector does not know it (409 `unknown_schema`).
    """
    packing.check_items(content)
    reading = _read_bare(content, width_of) or _read_whole(content, width_of)
    if reading.ticks:
        push.check_times(reading.ticks[0][0], reading.ticks[-1][0], now_ms)
    return reading


def _read_bare(content: bytes, width_of: Callable[[str], int | None]) -> Reading | None:
    """Return the push if it is plainly fine; None for whatever the wire's own checks should look at."""
    try:
        bare = _bare.decode(content)
        ticks = _rows.decode(bare.ticks)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    run, schema = bare.run, bare.schema
    plain = (
        bare.wire == WIRE
        and 8 <= len(run) <= 64
        and _RUN_LETTERS.issuperset(run)
        and 0 <= bare.sequence <= limits.SEQUENCE_MAX
        and len(schema) == 32
        and _HEXADECIMAL.issuperset(schema)
        and 0 < len(ticks) <= limits.TICKS_MAX
    )
    if not plain:
        return None
    width = _known_width(schema, width_of)
    before_ms = -1
    for time_ms, values in ticks:
        if len(values) != width or time_ms <= before_ms:
            return None
        before_ms = time_ms
    if before_ms > limits.TIME_MS_MAX or width * len(ticks) > limits.VALUES_MAX:
        return None
    digest = _digest(schema, bare.ticks)
    return Reading(run, bare.sequence, schema, None, ticks, digest, None)


def _read_whole(content: bytes, width_of: Callable[[str], int | None]) -> Reading:
    whole = push.parse_push(packing.parse_json(content))
    _check_kinds(whole.events)
    try:
        ticks = _ticks_only.decode(content).ticks
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError("not_json", f"the body is not JSON: {error}", 400) from None
    if whole.series is None:
        width = _known_width(whole.schema, width_of)
        for tick in whole.ticks:
            push.check_width(len(tick.values), width)
    side = Side(
        whole.hello,
        whole.meters,
        whole.inventories,
        {
            one.name: inventories.pack(_text(one.body, f"inventories.{one.name}"))
            for one in whole.inventories
            if one.has_body
        },
        whole.events,
        whole.results,
    )
    _text(whole.hello, "hello")
    happened = [*side.events, *map(_result_event, side.results)]
    told = _text([[one.id, one.at_ms, one.kind, one.subject, one.data] for one in happened], "events")
    outcomes = _text(whole.meters, "meters")
    held = [[one.name, one.hash] for one in whole.inventories]
    digest = _digest(whole.schema, ticks, outcomes, _text(held, "inventories"), told)
    bare = not (whole.meters or held or happened)
    return Reading(
        whole.run,
        whole.sequence,
        whole.schema,
        whole.series,
        whole.ticks,
        _digest(whole.schema, ticks) if bare else digest,
        side if whole.hello or not bare else None,
    )


def _check_kinds(events: Sequence[push.Event]) -> None:
    for one in events:
        if one.kind in event_kinds.NAMES or one.kind.startswith(_ROOMS):
            raise WireError("invalid", f"events: {one.kind[:64]} is told by the collector, never by an agent")


def _known_width(schema: str, width_of: Callable[[str], int | None]) -> int:
    width = width_of(schema)
    if width is None:
        raise unknown_schema()
    return width


def unknown_schema() -> WireError:
    """Return the error that asks for the series list."""
    return WireError("unknown_schema", "the series list of this schema is not known here; send it along", 409)


def _digest(schema: str, *parts: bytes | msgspec.Raw) -> bytes:
    """Return what tells two contents of one sequence apart; series and hello may be added to a push sent again."""
    found = hashlib.sha256(schema.encode("ascii", "replace"))
    for part in parts:
        found.update(part)
    return found.digest()[:16]


def _text(document: Any, where: str) -> bytes:
    """Return the document as JSON text, refusing what cannot be kept or shown: infinities and lone surrogates."""
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        raise WireError("invalid", f"{where}: holds a lone surrogate") from None
    except ValueError:
        raise WireError("not_finite", f"{where}: holds a number that is not finite") from None


def _result_event(result: push.Result) -> push.Event:
    """Return a result in the form that a push's digest was always made of."""
    return push.Event(f"result-{result.command}"[:64], 0, f"command.{result.state}", result.command, result.data)
