"""What needs a look, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_troubles_of_all_and_of_one(
    program: Callable[..., Any], machine: Callable[..., Any], now_ms: int, frozen: list[int]
) -> None:
    asks, one, other = program("read"), machine("one"), machine("<b>other</b>")
    failed = {"smart": {"outcome": "failed", "error": "because", "seconds": 0.1}}
    one.push([[now_ms, [1, 2, 3, 4]]], now_ms, meters={"cpu": {"outcome": "ok", "error": "", "seconds": 0.1}})
    other.push([[now_ms, [1, 2, 3, 4]]], now_ms, meters=failed)
    expected = {
        "host": other.id,
        "host_name": "<b>other</b>",
        "severity": "warn",
        "kind": "meter",
        "text": "Meter smart does not come through",
        "metric": "",
    }
    assert asks("/api/v1/troubles").get_json() == {"troubles": [expected]}
    assert asks(f"/api/v1/troubles?host={other.id}").get_json() == {"troubles": [expected]}
    assert asks(f"/api/v1/troubles?host={one.id}").get_json() == {"troubles": []}
    assert asks("/api/v1/troubles?host=nobody").status_code == 404
    frozen[0] += 3_600_000
    assert asks("/api/v1/troubles").get_json() == {"troubles": []}, "silence is the news then"


def test_full_disks_and_memory_are_told_as_the_page_tells_them(
    program: Callable[..., Any], machine: Callable[..., Any], now_ms: int, frozen: list[int]
) -> None:
    full = [
        ["system.memory.utilization", {}],
        ["system.filesystem.utilization", {"mountpoint": "/"}],
        ["system.filesystem.utilization", {"mountpoint": "/<i>srv</i>"}],
    ]
    one = machine("one")
    failed = {"smart": {"outcome": "failed", "error": "because", "seconds": 0.1}}
    one.push([[now_ms, [0.93, 0.5, 0.99]]], now_ms, full, meters=failed)
    found = program("read")(f"/api/v1/troubles?host={one.id}").get_json()["troubles"]
    assert [(each["severity"], each["kind"], each["text"]) for each in found] == [
        ("bad", "disk", "/<i>srv</i> is 99 % full"),
        ("warn", "meter", "Meter smart does not come through"),
        ("warn", "memory", "Memory is 93 % used"),
    ]
    assert found[0]["metric"] == "system.filesystem.utilization"
