"""What other monitors ask: alive, ready, metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wakeful_collector.store import heartbeats
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from wakeful_collector.config import Settings

HOSTILE = 'web"1\\{}</script>'


def beat(data: Path, at_ms: int) -> None:
    with changing(data) as connection:
        heartbeats.beat(connection, [heartbeats.Heartbeat("worker", at_ms, 15, {})])


def test_alive_needs_nothing(app: Flask, settings: Settings) -> None:
    (settings.data / "state.db").unlink()
    assert app.test_client().get("/healthz").get_json() == {"alive": True}


def test_ready_when_the_worker_lives(app: Flask, settings: Settings, now_ms: int) -> None:
    assert app.test_client().get("/readyz").status_code == 503
    beat(settings.data, now_ms)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["ready"]) == (200, True)


def test_what_is_wrong_is_for_those_with_a_key(app: Flask, program: Callable[..., Any]) -> None:
    assert "problem" not in app.test_client().get("/readyz").text
    checks = program("read")("/readyz").get_json()["checks"]
    assert [check["name"] for check in checks if not check["ok"]] == ["worker"]
    assert "start it" in next(check["problem"] for check in checks if not check["ok"])


def test_not_ready_without_databases(app: Flask, settings: Settings) -> None:
    for file in settings.data.glob("state.db*"):
        file.unlink()
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["ready"] is False


def test_metrics_need_a_key_or_a_session(app: Flask, program: Callable[..., Any], person: Callable[..., Any]) -> None:
    assert app.test_client().get("/metrics").status_code == 401
    assert program("gateway")("/metrics").status_code == 403
    assert program("read")("/metrics").status_code == 200
    assert person("bob", "read").get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("remote", "forwarded", "status"),
    [("127.0.0.1", None, 200), ("192.0.2.7", None, 401), ("127.0.0.1", "192.0.2.7", 401), ("unix:", None, 401)],
)
def test_metrics_open_on_loopback(
    app_with: Callable[..., Flask], remote: str, forwarded: str | None, status: int
) -> None:
    client = app_with(metrics_open_on_loopback=True, trusted_proxies=("127.0.0.1",)).test_client()
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": remote})
    assert answer.status_code == status


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_a_proxy_that_nobody_declared_opens_no_metrics(app_with: Callable[..., Flask], header: str) -> None:
    client = app_with(metrics_open_on_loopback=True).test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={header: "192.0.2.7"}).status_code == 401


def test_prometheus_reads_the_fleet(
    program: Callable[..., Any], machine: Callable[..., Any], settings: Settings, now_ms: int
) -> None:
    found = machine(HOSTILE)
    found.push([[now_ms - 15_000, [0.5, 10, 20, 8e9]], [now_ms, [0.5, 12.5, 22, 8e9]]], now_ms)
    beat(settings.data, now_ms)
    answer = program("read")("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    by_name = {family.name: family for family in text_string_to_metric_families(answer.text)}
    cpu = {sample.labels["mode"]: sample for sample in by_name["node_cpu_seconds"].samples}
    assert cpu["user"].value == 12.5
    assert cpu["user"].labels == {"instance": HOSTILE, "host": found.id, "cpu": "0", "mode": "user"}
    assert by_name["node_cpu_seconds"].type == "counter"
    assert by_name["node_memory_MemTotal_bytes"].samples[0].value == 8e9
    assert by_name["wakeful_build_info"].samples[0].labels["version"]
    assert {sample.labels["status"]: sample.value for sample in by_name["wakeful_hosts"].samples}["up"] == 1
