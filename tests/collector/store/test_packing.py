"""Documents as text."""

from __future__ import annotations

import math

import pytest

from wakeful_collector.store.packing import packed


def test_a_document_is_short_text_that_every_reader_of_json_takes() -> None:
    assert packed({"name": "Gr\u00fc\u00df", "list": [1, None]}) == '{"name":"Gr\u00fc\u00df","list":[1,null]}'
    with pytest.raises(ValueError, match="JSON"):
        packed([math.nan])
