"""The last seen answers of a machine: the newest of each path, bounded."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from wakeful_collector.store import gateway_answers
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_answers import Answer

from . import gateway_rows

if TYPE_CHECKING:
    from pathlib import Path

SEEN = Answer("box", "/api/tags", 200, "application/json; charset=utf-8", b'{"models":[]}', 5)


def test_the_newest_answer_of_a_path_is_kept(data: Path) -> None:
    with changing_gateway(data) as connection:
        gateway_rows.machine(connection)
        assert gateway_answers.one(connection, "box", "/api/tags") is None
        assert gateway_answers.keep(connection, SEEN)
        newer = dataclasses.replace(SEEN, body=b"\x00\xff", at_ms=6)
        assert gateway_answers.keep(connection, newer)
        assert gateway_answers.one(connection, "box", "/api/tags") == newer
        assert gateway_answers.one(connection, "box", "/") is None


def test_what_is_too_long_or_nobodys_is_not_kept(data: Path) -> None:
    with changing_gateway(data) as connection:
        assert not gateway_answers.keep(connection, SEEN)
        gateway_rows.machine(connection)
        long = dataclasses.replace(SEEN, body=bytes(gateway_answers.BODY_BYTES_MAX + 1))
        assert not gateway_answers.keep(connection, long)
        assert gateway_answers.one(connection, "box", "/api/tags") is None
