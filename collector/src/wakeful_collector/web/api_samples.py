"""Samples: a host's series over a span, and the newest values of one host or all."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.read import hosts, latest, series
from wakeful_collector.web import kit
from wakeful_collector.web.api_hosts import known_host
from wakeful_collector.web.api_shapes import HOST_ID, NUMBER, TEXT, WHOLE, listed, record, ref
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import TIME, Parameter, whole, words
from wakeful_wire.names import describe

if TYPE_CHECKING:
    from wakeful_collector.model.sample import LatestSample

_PATTERN = words(128, r"^[A-Za-z0-9_.:/*?\[\]!-]+$", "give a metric's name or a pattern like system.cpu.*")
_LABEL = words(577, "^[^:]+:", "give it as label:value, for example mode:user")
_NAME = words(128)
_SPAN_MS_MIN = 1000


def _series(call: Call) -> dict[str, Any]:
    host = known_host(call["host_id"])
    from_ms, to_ms = call["from"], call["to"]
    if to_ms - from_ms < _SPAN_MS_MIN:
        kit.abort(422, "invalid_span", "from must lie at least a second before to: from=-1h&to=now is the last hour")
    labels = dict(text.split(":", 1) for text in call["label"])
    by = tuple(label for text in call["by"] for label in text.split(",") if label)
    try:
        found = series.series(
            kit.data(), host.key, call["name"], from_ms, to_ms, call["points"], by, labels, call.now_ms, call["most"]
        )
    except series.TooMany as error:
        kit.abort(422, "too_many_series", str(error))
    return {
        "from": from_ms / 1000,
        "to": to_ms / 1000,
        "step": found.step_seconds,
        "tier": found.tier,
        "times": found.times,
        "found": found.found,
        "columns": [
            {
                "name": column.name,
                "labels": column.labels,
                "unit": column.unit,
                "kind": column.kind,
                "values": column.values,
                "min": column.least,
                "max": column.most,
            }
            for column in found.columns
        ],
    }


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


_NAMES = "Metric or pattern like system.cpu.*; may be given several times"
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
        parameters=(
            Parameter("name", _PATTERN, _NAMES, repeated=True, required=True),
            Parameter("from", TIME, "Begin of the span", default="-1h"),
            Parameter("to", TIME, "End of the span", default="now"),
            Parameter("points", whole(1, series.POINTS_MAX), "How many points a column has about", default="300"),
            Parameter("by", words(256), "Labels to keep, by comma; columns are summed over the others", repeated=True),
            Parameter("most", whole(1, series.COLUMNS_MAX), "So many columns of each metric, the largest means first"),
            Parameter("label", _LABEL, "Only series with this label:value", repeated=True),
        ),
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
        parameters=(Parameter("name", _PATTERN, _NAMES, repeated=True),),
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
