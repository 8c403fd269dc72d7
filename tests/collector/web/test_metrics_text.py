"""The text form is read by Prometheus' own parser, whatever the names."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from wakeful_collector.web.metrics_text import Family, render


def test_families_without_points_are_left_out() -> None:
    empty, full = Family("a_total", "counter", "none"), Family("b", "gauge", "some\nlines \\")
    full.add(1.5, host="x")
    assert render([empty, full]) == '# HELP b some\\nlines \\\\\n# TYPE b gauge\nb{host="x"} 1.5\n'


def test_numbers() -> None:
    family = Family("x", "gauge", "numbers")
    for value in (0.0, 1e15, 0.1, -2.0, math.inf, -math.inf, math.nan, 1e300):
        family.add(value)
    lines = [line.split(" ")[1] for line in render([family]).splitlines()[2:]]
    assert lines == ["0", "1000000000000000", "0.1", "-2", "+Inf", "-Inf", "NaN", "1e+300"]


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r")), st.floats(allow_nan=False))
def test_the_parser_gets_back_what_went_in(name: str, value: float) -> None:
    family = Family("x", "gauge", "help")
    family.add(value, host=name)
    (found,) = text_string_to_metric_families(render([family]))
    assert [(sample.labels, sample.value) for sample in found.samples] == [({"host": name}, value)]


@given(st.text())
def test_no_text_breaks_the_line(name: str) -> None:
    family = Family("x", "gauge", "help")
    family.add(1, host=name)
    assert len(render([family]).split("\n")) == 4
