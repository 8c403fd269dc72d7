# The fixtures are what Caddy 2.6.2 of Debian 12 wrote.
import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters.caddy import HANDLERS_MAX, UPSTREAMS_MAX, CaddyMeter, parse_metrics, parse_upstreams

PAGES = pathlib.Path(__file__).parents[2] / "fixtures/caddy"
METRICS, UPSTREAMS = (PAGES / "metrics.txt").read_text(), (PAGES / "upstreams.json").read_text()
HOST = Host("/nowhere")


def values(rows):
    return {(name, *labels.values()): value for name, labels, value in rows}


def test_requests_upstreams_and_the_process():
    assert values(parse_metrics(METRICS)) == {
        ("caddy.requests", "srv0", "subroute"): 6,
        ("caddy.requests.active", "srv0", "subroute"): 0,
        ("caddy.requests.failed", "srv0", "subroute"): 2,
        ("caddy.response.time", "srv0", "subroute"): pytest.approx(0.00084, rel=0.01),
        ("caddy.response.size", "srv0", "subroute"): 8,
        ("caddy.responses", "srv0", "subroute", "2xx"): 4,
        ("caddy.upstream.up", "127.0.0.1:18181"): 1,
        ("caddy.upstream.up", "127.0.0.1:18199"): 1,
        ("caddy.cpu.time",): 0.04,
        ("caddy.memory.usage",): 35930112,
        ("caddy.start_time",): 1795274740.58,
    }
    assert values(parse_upstreams(UPSTREAMS)) == {
        ("caddy.upstream.requests", "127.0.0.1:18181"): 0,
        ("caddy.upstream.fails", "127.0.0.1:18181"): 0,
        ("caddy.upstream.requests", "127.0.0.1:18199"): 0,
        ("caddy.upstream.fails", "127.0.0.1:18199"): 0,
    }


def test_methods_are_summed_and_statuses_classed():
    name = "caddy_http_request_duration_seconds_count"
    text = "".join(
        f'{name}{{server="s",handler="h",method="{method}",code="{code}"}} {number}\n'
        for method, code, number in [("GET", 200, 1), ("PUT", 201, 2), ("GET", 404, 4)]
    )
    assert values(parse_metrics(text)) == {
        ("caddy.responses", "s", "h", "2xx"): 3,
        ("caddy.responses", "s", "h", "4xx"): 4,
    }


def test_handlers_and_upstreams_have_an_end():
    text = "".join(
        f'caddy_http_requests_total{{server="s{number}",handler="h"}} 1\n' for number in range(HANDLERS_MAX + 5)
    )
    assert len(parse_metrics(text)) == HANDLERS_MAX
    text = "".join(
        f'caddy_reverse_proxy_upstreams_healthy{{upstream="u{number}"}} 1\n' for number in range(UPSTREAMS_MAX + 5)
    )
    assert len(parse_metrics(text + "process_cpu_seconds_total 2\n")) == UPSTREAMS_MAX + 1
    assert (
        len(parse_upstreams(json.dumps([{"address": str(n)} for n in range(UPSTREAMS_MAX + 5)]))) == 2 * UPSTREAMS_MAX
    )


def test_upstreams_in_other_forms():
    assert parse_upstreams("null") == []
    odd = [{"address": 7, "num_requests": True, "fails": -1}, {"num_requests": 1 << 70, "fails": "x"}]
    assert set(values(parse_upstreams(json.dumps(odd))).values()) == {None}
    for text in ("", "{", "{}", "[1]", "[" * 100_000):
        with pytest.raises(Malformed):
            parse_upstreams(text)


@pytest.mark.parametrize("text", ["", "<html>", "node_load1 5\n", "caddy_x{\n"])
def test_metrics_of_somebody_else(text):
    with pytest.raises(Malformed):
        parse_metrics(text)


@given(st.integers(0, 13_000), st.text(max_size=5), st.integers(0, 30))
def test_garbage_breaks_nothing(at, inserted, removed):
    try:
        parse_metrics(METRICS[:at] + inserted + METRICS[at + removed :])
    except HostError:
        return


@given(st.text())
def test_no_text_breaks_the_upstreams(text):
    try:
        parse_upstreams(text)
    except HostError:
        return


def test_two_ways_to_the_admin_api(paged):
    pages = {"/metrics": METRICS, "/reverse_proxy/upstreams": UPSTREAMS}
    meter = CaddyMeter()
    meter.configure({"targets": [f"a={paged(pages)}/", f"b={paged(pages, 'unix')}", f"c={paged({})}"]})
    reading = meter.read(HOST, 0)
    assert [(row["target"], row["state"], row.get("requests_counted")) for row in reading.inventories["caddy"]] == [
        ("a", "up", "yes"),
        ("b", "up", "yes"),
        ("c", "down", None),
    ]
    assert len(reading.series) == 2 * 16 + 1


def test_a_socket_of_somebody_else(paged, answered):
    meter = CaddyMeter()
    other = answered(b"SSH-2.0\r\n", "unix").address
    meter.configure({"targets": [f"a={paged({}, 'unix')}", f"b={other}"]})
    errors = [row["error"] for row in meter.read(HOST, 0).inventories["caddy"]]
    assert errors[0] == "a answers /metrics with status 404"
    assert "not HTTP" in errors[1]


def test_a_list_of_upstreams_that_fails_costs_only_itself(paged):
    meter = CaddyMeter()
    meter.configure({"targets": [paged({"/metrics": "go_info 1\nprocess_cpu_seconds_total 2\n"})]})
    reading = meter.read(HOST, 0)
    assert reading.values == [1.0, 2.0]
    assert "404" in reading.inventories["caddy"][0]["upstreams"]


def test_the_usual_places(made, tmp_path):
    assert [target.name for target in CaddyMeter().usual(HOST)] == ["http://127.0.0.1:2019"]
    found = CaddyMeter().usual(made({"run/caddy/admin.socket": ""}))
    assert [target.address for target in found] == [f"unix:{tmp_path}/run/caddy/admin.socket", "http://127.0.0.1:2019"]


def test_newer_caddies_tell_whether_the_last_change_was_taken(paged):
    meter = CaddyMeter()
    meter.configure({"targets": [paged({"/metrics": "go_info 1\ncaddy_config_last_reload_successful 1\n"})]})
    reading = meter.read(HOST, 0)
    assert [one.name for one in reading.series] == ["caddy.up", "caddy.config.reloaded"]
    assert reading.values == [1.0, 1.0]
