from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.link import schemas
from wakeful_collector.operations.arguments import Unfit, check, shape


def test_a_shape_takes_what_it_names_and_nothing_else() -> None:
    schema = shape(("cluster",), cluster=schemas.CLUSTER)
    check({"cluster": "home"}, schema)
    for wrong in ({}, {"cluster": "Home"}, {"cluster": "home", "more": 1}):
        with pytest.raises(Unfit):
            check(wrong, schema)
