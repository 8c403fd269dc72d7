"""The parser beside the reference one, prometheus_client, and on its own where it is meant to be stricter."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.exposition import LINE_CHARACTERS_MAX, Sample, parse

WHOLE = r"""
# HELP http_requests_total The total number of HTTP requests. With \\ and \n in it.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320

# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01",} 3102
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
TAB spaces_and_tabsTAB{ a = "1" , b="" }	-.5e1 TAB7
""".replace("TAB", "\t")


def theirs(text):
    """Return what the reference parser reads, in our form; it gives times in seconds."""
    return sorted(
        (sample.name, tuple(sorted(sample.labels.items())), repr(float(sample.value)))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    )


def ours(text):
    return sorted((sample.name, sample.labels, repr(sample.value)) for sample in parse(text))


def attempt(text):
    try:
        return ours(text), ""
    except Malformed as error:
        return [], str(error)


def test_the_example_of_the_formats_own_page():
    samples = parse(WHOLE)
    assert len(samples) == 13
    assert samples[0] == Sample("http_requests_total", (("code", "200"), ("method", "post")), 1027.0, 1395066363000)
    assert dict(samples[2].labels) == {"path": r"C:\DIR\FILE.TXT", "error": 'Cannot find file:\n"FILE.TXT"'}
    assert samples[3] == Sample("metric_without_timestamp_and_labels", (), 12.47)
    assert samples[4].value == math.inf
    assert samples[4].time_ms == -3982045
    assert samples[-1] == Sample("spaces_and_tabs", (("a", "1"), ("b", "")), -5.0, 7)
    assert ours(WHOLE) == theirs(WHOLE)


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True).filter(
    lambda name: not name.endswith(("_total", "_created", "_info", "_count", "_sum", "_bucket"))
)
LABELS = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True).filter(lambda name: name not in {"le", "quantile"}),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    max_size=4,
)
VALUES = st.floats()


@given(
    st.dictionaries(NAMES, st.tuples(LABELS, VALUES, st.sampled_from([Counter, Gauge, Histogram, Summary])), max_size=5)
)
def test_whatever_the_reference_client_writes_is_read_alike(metrics):
    registry = CollectorRegistry()
    for name, (labels, value, kind) in metrics.items():
        metric = kind(f"m_{name}_x", "Help with \\ and\nmore", list(labels), registry=registry)
        child = metric.labels(**labels) if labels else metric
        if kind is Counter:
            child.inc(abs(value))
        elif kind is Gauge:
            child.set(value)
        else:
            child.observe(value)
    text = generate_latest(registry).decode()
    assert ours(text) == theirs(text)


SCRAPS = st.lists(
    st.one_of(
        st.sampled_from([
            "a", "b_total", "{", "}", '"', "=", ",", " ", "\t", "\n", "\\", "\\n", '\\"', "1", "-2.5e3", "NaN", "+Inf",
            "x=\"y\"", "# TYPE a gauge\n", "# HELP a text\n", "# ", "a{x=\"1\"} 2\n", "b 3 4\n",
            "0x1p-2", "1_000", "\u0661", "\r",
        ]),
        st.text(max_size=3),
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(SCRAPS)
def test_what_is_taken_means_the_same_to_the_reference_and_all_else_is_refused_with_a_line(text):
    found, complaint = attempt(text)
    assert complaint.startswith("line ") if complaint else found == theirs(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a 1\n1a 2", "line 2: must begin with a metric's name"),
        ("n" * 129 + " 1", "line 1: must begin with a metric's name of at most 128"),
        ("a", "line 1: has no value"),
        ("a-b 1", "line 1: has no value"),
        ('a{x="1"}', "line 1: must end with a number"),
        ("a 1_000", "line 1: must end with a number"),
        ("a 0x10", "line 1: must end with a number"),
        ("a \u0661", "line 1: must end with a number"),
        ("a 1 2 3", "line 1: must end with a number"),
        ("a 1 2.5", "line 1: must end with a number"),
        ("a 1\r", "line 1: must end with a number"),
        ('a{x="1",x="2"} 1', "line 1: has the label x twice"),
        ('a{x="1" y="2"} 1', "line 1: has labels that are not"),
        ('a{x="1",,} 1', "line 1: has labels that are not"),
        ("a{x=1} 1", "line 1: has labels that are not"),
        ('a{x="1', "line 1: has labels that are not"),
        (r'a{x="\d"} 1', "line 1: has a backslash before"),
        ("a{" + ",".join(f'l{i}="1"' for i in range(17)) + "} 1", "line 1: has more than 16 labels"),
        ('a{%s="1"} 1' % ("l" * 65), "line 1: has more than 16 labels with names of 64"),
        ('a{x="1"} 1\nb 2\na{x="1"} 3', "line 3: names a series of line 1 again"),
        ("# TYPE", "line 1: TYPE has no metric's name"),
        ("# HELP 1a x", "line 1: HELP has no metric's name"),
        ("# TYPE a", "line 1: TYPE must be one of counter, gauge"),
        ("# TYPE a cuonter", "line 1: TYPE must be one of counter, gauge"),
        ("# TYPE a gauge\na 1\n# TYPE a gauge", "line 3: TYPE of a comes twice"),
        ("a 1\n# TYPE a gauge", "line 2: TYPE of a comes twice, or after its samples"),
        ("a 1\nb " + "1" * LINE_CHARACTERS_MAX, "line 2: has more than"),
        ("Traceback (most recent call last):", "line 1: must end with a number"),
        ("<html>", "line 1: must begin with"),
        ("a 1\nb 1\nc 1", "line 3: is one too many: at most 2"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, complaint):
    with pytest.raises(Malformed, match="line") as caught:
        parse(text, most=2)
    assert str(caught.value).startswith(complaint), caught.value


def test_comments_and_helps_are_passed_over():
    assert parse("# anything at all {{{\n#\n# HELP a\n# HELP a said twice\n# EOF\n") == []
    assert parse("") == []


@given(st.sampled_from(['{x="', "\\", '"', "a{", "a ", " ", "\t", '{x="1",', "1e"]), st.integers(1000, 20000))
def test_a_hostile_line_takes_no_more_time_than_its_length(scrap, times):
    began = time.process_time()
    for text in (f'a{{x="{scrap * times}', f"a{scrap * times}", f"a 1 {scrap * times}"):
        try:
            parse(text[:LINE_CHARACTERS_MAX])
        except Malformed:
            continue
    assert time.process_time() - began < 1
