"""Samples: a host's series over a span, and the newest values of one host or all."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.read import hosts, latest
from wakeful_collector.web import kit, kit_series
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import HOST_ID, NUMBER, TEXT, WHOLE, listed, record, ref
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, words
from wakeful_wire.names import describe

if TYPE_CHECKING:
    from wakeful_collector.model.sample import LatestSample

_NAME = words(128)


def _series(call: Call) -> dict[str, Any]:
    return kit_series.document(known_host(call["host_id"]).key, call.values, call.now_ms)


def _latest(call: Call) -> dict[str, Any]:
    patterns = call["name"]
    found = latest.latest(kit.data(), known_host(call["host_id"]).key)
    return {"samples": [_sample(one) for one in found if not patterns or _matches(one.name, patterns)]}


def _latest_of_all(call: Call) -> dict[str, Any]:
    found = latest.latest_of_all(kit.data(), call["name"])
    ids = {host.key: host.id for host in hosts.hosts(kit.data())}
    return {
        "hosts": [
            {"id": ids[key], "samples": [_sample(one) for one in samples]}
            for key, samples in found.items()
            if key in ids
        ]
    }


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _sample(sample: LatestSample) -> dict[str, Any]:
    metric = describe(sample.name)
    return {
        "name": sample.name,
        "labels": sample.labels,
        "unit": metric.unit,
        "kind": metric.kind,
        "time": rfc3339(sample.time_ms),
        "value": sample.value,
        "rate": sample.rate,
    }


ENDPOINTS = (
    Endpoint(
        "GET",
        "/hosts/{host_id}/series",
        "series",
        "Read series of a host over a span",
        _series,
        record(
            **{
                "from": NUMBER,
                "to": NUMBER,
                "step": NUMBER,
                "tier": TEXT,
                "times": listed(NUMBER),
                "found": {"type": "object", "additionalProperties": WHOLE},
                "columns": listed(ref("Column")),
            }
        ),
        "samples",
        parameters=kit_series.PARAMETERS,
        path_parameters=(HOST_ID,),
        errors=(404, 422),
        description=(
            "Times are seconds since the epoch, as charts take them; a gap is null. Counters are answered as rates,"
            " with /s behind the unit. `min` and `max` hold the extremes of each step where it spans several samples."
            " `found` says how many columns each metric has, those that `most` left out among them."
        ),
    ),
    Endpoint(
        "GET",
        "/hosts/{host_id}/latest",
        "latest",
        "Show a host's newest values",
        _latest,
        record(samples=listed(ref("Sample"))),
        "samples",
        parameters=(Parameter("name", kit_series.PATTERN, kit_series.NAMES, repeated=True),),
        path_parameters=(HOST_ID,),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/latest",
        "latestOfAll",
        "Show the newest values of all hosts",
        _latest_of_all,
        record(hosts=listed(record(id=TEXT, samples=listed(ref("Sample"))))),
        "samples",
        parameters=(Parameter("name", _NAME, "Metric; may be given several times", repeated=True, required=True),),
    ),
)
