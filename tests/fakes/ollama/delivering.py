"""Sending what runs: piece by piece or whole, with errors where they belong: a status before, a line after."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from .errors import Failed
from .exchange import NDJSON, packed
from .running import Cut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .exchange import Exchange
    from .formats import Format
    from .running import Piece

Frame = dict[str, Any]


async def deliver(exchange: Exchange, pieces: AsyncIterator[Piece], form: Format, stream: bool) -> None:
    """Send an answer of a model; what is left of it is cancelled when the client goes."""
    async with contextlib.aclosing(pieces) as open_pieces:
        try:
            async for piece in open_pieces:
                form.keep(piece)
                if stream:
                    await _send(exchange, form.stream_kind, form.frames(piece))
            if not stream:
                await exchange.document(200, form.whole(), form.whole_kind)
        except Failed as error:
            if not exchange.begun:
                await exchange.document(500, form.error(500, str(error)), form.whole_kind)
                return
            await _send(exchange, form.stream_kind, form.failed(str(error)))
        except Cut as cut:
            if cut.half:
                await _send(exchange, form.stream_kind, [form.frames(piece)[0][:20]])
            broken(exchange, cut)
            return
    if stream:
        await exchange.end()


async def report(exchange: Exchange, frames: AsyncIterator[Frame], stream: bool) -> None:
    """Send the progress of a pull, a push or a creation; an error is a line of it, or a 500 without a stream."""
    last: Frame = {}
    try:
        async for frame in frames:
            last = frame
            if stream:
                await _send(exchange, NDJSON, [packed(frame) + b"\n"])
    except Failed as error:
        last = {"error": str(error)}
        if stream:
            await _send(exchange, NDJSON, [packed(last) + b"\n"])
    except Cut as cut:
        broken(exchange, cut)
        return
    if stream:
        await exchange.end()
    else:
        await exchange.document(500 if "error" in last else 200, last)


def broken(exchange: Exchange, cut: Cut) -> None:
    """Break the connection in the middle of an answer."""
    exchange.visit.outcome = "broken"
    if cut.reset:
        exchange.connection.reset()
    else:
        exchange.connection.cut()


async def _send(exchange: Exchange, kind: str, frames: list[bytes]) -> None:
    for frame in frames:
        if not exchange.begun:
            await exchange.begin(kind)
        await exchange.piece(frame)
