"""How what was seen of clusters stands in a terminal."""

import io

from wakeful_collector.remote.proxmox import shown
from wakeful_collector.remote.session import Session
from wakeful_collector.remote.terminal import Terminal


def test_states():
    assert shown.state_cell({"status": "running"}) == ("running", "good")
    assert shown.state_cell({"status": "running", "lock": "backup"}) == ("running [backup]", "warn")
    assert shown.state_cell({"status": "unknown", "known_status": "running"}).text == "unknown (was running)"
    assert shown.state_cell({"status": "running", "gone": "2026-01-01T00:00:00Z"}) == ("gone", "dim")
    assert shown.state_cell({}).text == "unknown"


def test_values():
    assert (shown.value(None), shown.value(""), shown.value(0)) == ("(not set)", '""', "0")


def test_what_is_missing_is_said():
    session = Session({})
    said = io.StringIO()
    session.err = Terminal(said, {})
    areas = [
        {"cluster": "lab", "name": "ha", "state": "not_permitted", "reason": "Sys.Audit on / is missing"},
        {"name": "guests", "state": "stale", "seen": "2020-01-01T00:00:00Z"},
        {"name": "rules", "state": "absent"},
        "nonsense",
    ]
    session.__dict__["client"] = type("Clock", (), {"now_ms": 1_577_836_860_000, "close": lambda self: None})()
    shown.areas(session, {"areas": areas})
    assert said.getvalue().splitlines() == [
        "lab: ha not permitted: Sys.Audit on / is missing",
        "guests not up to date, seen 60s ago",
    ]
