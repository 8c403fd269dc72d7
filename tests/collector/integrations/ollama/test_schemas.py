"""The shapes that arguments share."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.ollama.schemas import MACHINE
from wakeful_collector.operations.arguments import Unfit, check, shape


def test_a_shape_takes_what_it_names_and_nothing_else() -> None:
    schema = shape(("machine",), machine=MACHINE)
    check({"machine": "gpu-1"}, schema)
    for wrong in ({}, {"machine": "GPU"}, {"machine": "gpu", "more": 1}, {"machine": "x" * 33}):
        with pytest.raises(Unfit):
            check(wrong, schema)
