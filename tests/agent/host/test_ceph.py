"""Documents in the form of Ceph 18 and 12; there is no cluster on the development machine."""

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.ceph import checks_of, pool_figures, read_json, state_of, status_figures
from wakeful_agent.host.errors import Malformed

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "ceph"
STATUS = read_json((CAPTURED / "status.json").read_text())
OLD = read_json((CAPTURED / "status-luminous.json").read_text())
POOLS = read_json((CAPTURED / "df.json").read_text())


def test_a_cluster_that_recovers():
    assert state_of(STATUS) == "warning"
    assert status_figures(STATUS) == {
        ("monitors", "total"): 3,
        ("monitors", "quorum"): 3,
        ("osds", "total"): 6,
        ("osds", "up"): 5,
        ("osds", "in"): 6,
        ("checks", "warning"): 2,
        ("checks", "error"): 0,
        ("placement_groups", "total"): 129,
        ("placement_groups", "clean"): 110,
        ("placement_groups", "degraded"): 17,
        ("placement_groups", "undersized"): 17,
        ("placement_groups", "recovering"): 2,
        ("placement_groups", "inconsistent"): 1,
        ("placement_groups", "stale"): 2,
        ("placement_groups", "inactive"): 2,
        ("objects", "total"): 10240,
        ("objects", "degraded"): 1024,
        ("objects", "misplaced"): 0,
        ("objects", "unfound"): 0,
        ("capacity.limit", ""): 12002349744128,
        ("capacity.usage", "used"): 3000587436032,
        ("capacity.usage", "free"): 9001762308096,
        ("capacity.utilization", ""): 0.25,
        ("client.io", "read"): 1048576,
        ("client.io", "write"): 2097152,
        ("client.operations", "read"): 37,
        ("client.operations", "write"): 112,
        ("recovery.io", ""): 46137344,
    }


def test_an_old_cluster_keeps_its_maps_elsewhere():
    figures = status_figures(OLD)
    assert state_of(OLD) == "ok"
    assert [figures["osds", state] for state in ("total", "up", "in")] == [10, 9, 8]
    assert figures["monitors", "total"] == 1
    assert figures["client.io", "read"] == 0, "what is idle is not told"


def test_checks_say_what_is_wrong():
    assert checks_of(STATUS)[0] == {"name": "OSD_DOWN", "severity": "warning", "message": "1 osds down", "muted": False}
    assert [check["muted"] for check in checks_of(STATUS)] == [False, False, True]
    assert checks_of({}) == []
    assert checks_of({"health": {"checks": {"A\n": 7}}}) == [
        {"name": "A\ufffd", "severity": "warning", "message": "", "muted": False}
    ]


def test_pools():
    pools = pool_figures(POOLS)
    assert list(pools) == [".mgr", "vms"]
    assert pools["vms"] == {
        ("usage", "stored"): 949978046464,
        ("usage", "used"): 2849934139392,
        ("available", ""): 2849934139392,
        ("utilization", ""): 0.25,
        ("objects", ""): 10100,
    }
    old = {"pools": [{"name": "rbd", "stats": {"kb_used": 1, "bytes_used": 1024, "max_avail": 3072, "objects": 1}}]}
    assert pool_figures(old)["rbd"]["utilization", ""] == 0.25
    assert pool_figures({"pools": [{"name": "empty"}]})["empty"]["utilization", ""] is None


@pytest.mark.parametrize("text", ["", "HEALTH_OK", "[]", "7", '{"a":', "[" * 90_000])
def test_what_is_no_document_is_malformed(text):
    with pytest.raises(Malformed):
        read_json(text)


@pytest.mark.parametrize("health", [None, {}, {"status": "HEALTH_GREAT"}, {"status": 7}, []])
def test_a_health_nobody_knows_is_malformed(health):
    with pytest.raises(Malformed):
        state_of({"health": health})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([STATUS, OLD, POOLS]), st.data())
def test_values_of_any_kind_break_nothing(document, data):
    document = place = json.loads(json.dumps(document))
    while isinstance(place, (dict, list)) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        if data.draw(st.booleans()) or not isinstance(place[key], (dict, list)):
            place[key] = data.draw(values)
            break
        place = place[key]
    figures = [status_figures(document), *pool_figures(document).values()]
    checks_of(document)
    assert all(value is None or isinstance(value, float) for one in figures for value in one.values())
