"""Series for charts: what a caller may ask of whoever is measured, and how it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from wakeful_collector.read import series
from wakeful_collector.web import kit_parameters
from wakeful_collector.web.kit_errors import abort, json_answer
from wakeful_collector.web.kit_parameters import TIME, Parameter, whole, words
from wakeful_collector.web.kit_state import data, now_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

PATTERN = words(128, r"^[A-Za-z0-9_.:/*?\[\]!-]+$", "give a metric's name or a pattern like system.cpu.*")
NAMES = "Metric or pattern like system.cpu.*; may be given several times"
_LABEL = words(577, "^[^:]+:", "give it as label:value, for example mode:user")
_SPAN_MS_MIN = 1000

PARAMETERS = (
    Parameter("name", PATTERN, NAMES, repeated=True, required=True),
    Parameter("from", TIME, "Begin of the span", default="-1h"),
    Parameter("to", TIME, "End of the span", default="now"),
    Parameter("points", whole(1, series.POINTS_MAX), "How many points a column has about", default="300"),
    Parameter("by", words(256), "Labels to keep, by comma; columns are summed over the others", repeated=True),
    Parameter("most", whole(1, series.COLUMNS_MAX), "So many columns of each metric, the largest means first"),
    Parameter("label", _LABEL, "Only series with this label:value", repeated=True),
)


def document(key: int, asked: Mapping[str, Any], at_ms: int) -> dict[str, Any]:
    """Return the series of whoever has this key in the store, as the parameters `asked` for them; aborts with 422."""
    from_ms, to_ms = asked["from"], asked["to"]
    if to_ms - from_ms < _SPAN_MS_MIN:
        abort(422, "invalid_span", "from must lie at least a second before to: from=-1h&to=now is the last hour")
    labels = dict(text.split(":", 1) for text in asked["label"])
    by = tuple(label for text in asked["by"] for label in text.split(",") if label)
    try:
        found = series.series(
            data(), key, asked["name"], from_ms, to_ms, asked["points"], by, labels, at_ms, asked["most"]
        )
    except series.TooMany as error:
        abort(422, "too_many_series", str(error))
    columns = [
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
    ]
    return {
        "from": from_ms / 1000,
        "to": to_ms / 1000,
        "step": found.step_seconds,
        "tier": found.tier,
        "times": found.times,
        "found": found.found,
        "columns": columns,
    }


def series_answer(key: int) -> Response:
    """Answer this request with the series that its query asks for of whoever has this key; 400 and 422 as the API."""
    try:
        asked = kit_parameters.read(PARAMETERS, dict(request.args.lists()), now_ms())
    except kit_parameters.Misfit as error:
        abort(400, "invalid_parameter", f"{error}: {error.hint}")
    return json_answer(document(key, asked, now_ms()))
