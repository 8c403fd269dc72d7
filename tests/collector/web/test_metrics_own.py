"""The collector's own health as families."""

from __future__ import annotations

from wakeful_collector.model.host import Host
from wakeful_collector.read.traffic import Condition, Traffic
from wakeful_collector.store.heartbeats import Heartbeat
from wakeful_collector.web.metrics_own import escalation, families
from wakeful_collector.web.metrics_text import render

NOW = 1_795_000_000_000


def test_everything_is_there() -> None:
    fleet = [Host(1, "a", "web-1", (), 0, NOW, 15.0, "0.1.0"), Host(2, "b", "web-2", (), 0, None, 15.0, "")]
    text = render(
        families(
            fleet,
            Traffic({"accepted": 5, "duplicate": 1}, 300, 1000, 2, 0.25),
            Condition(NOW - 1, NOW - 2000),
            {
                "worker": Heartbeat("worker", NOW - 3000, 15, {}),
                "rollups": Heartbeat("rollups", NOW, 60, {"seconds": 2}),
            },
            {"state.db": 4096},
            NOW,
        )
    )
    for line in (
        'wakeful_pushes_total{outcome="accepted"} 5',
        "wakeful_samples_total 300",
        "wakeful_push_bytes_total 1000",
        "wakeful_commit_seconds_sum 0.25",
        "wakeful_commit_seconds_count 2",
        "wakeful_disk_full 1",
        'wakeful_database_bytes{file="state.db"} 4096',
        'wakeful_job_age_seconds{job="worker"} 3',
        'wakeful_job_duration_seconds{job="rollups"} 2',
        'wakeful_hosts{status="up"} 1',
        'wakeful_hosts{status="silent"} 0',
        'wakeful_host_up{instance="web-1",host="a"} 1',
        'wakeful_host_up{instance="web-2",host="b"} 0',
        "wakeful_last_push_timestamp_seconds 1794999998",
    ):
        assert line in text.splitlines(), line
    assert 'wakeful_host_last_seen_timestamp_seconds{instance="web-2"' not in text


def test_nothing_happened_yet() -> None:
    text = render(families([], Traffic({}, 0, 0, 0, 0.0), Condition(None, None), {}, {}, NOW))
    assert "wakeful_disk_full 0" in text
    assert "wakeful_last_push" not in text


def test_what_people_were_told_and_what_reached_nobody() -> None:
    text = render(escalation(5, 3, {"dead": 2, "delivered": 7}))
    for line in (
        'wakeful_incidents{state="open"} 3',
        'wakeful_incidents{state="acknowledged"} 2',
        'wakeful_deliveries{state="dead"} 2',
        'wakeful_deliveries{state="delivered"} 7',
        'wakeful_deliveries{state="waiting"} 0',
    ):
        assert line in text.splitlines(), line
