# The fixture is what nginx 1.22.1 of Debian 12 wrote.
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.nginx import NginxMeter, Status, parse_status

PAGE = (pathlib.Path(__file__).parents[2] / "fixtures/nginx/stub_status.txt").read_text()
HOST = Host("/nowhere")


def test_the_page():
    assert parse_status(PAGE) == Status(1, 4, 4, 4, 0, 1, 0)
    tengine = PAGE.replace("requests\n 4 4 4 ", "requests request_time\n 4 4 4 77 ").replace("\n", "\r\n")
    assert parse_status(tengine) == Status(1, 4, 4, 4, 0, 1, 0)


@pytest.mark.parametrize(
    "text", ["", "<html>", PAGE[:-9], PAGE.replace("4 4 4", "4 4"), PAGE.replace("4", "\u0664"), "1" * 9999]
)
def test_another_page_is_none(text):
    with pytest.raises(Malformed):
        parse_status(text)


@given(st.integers(0, 120), st.text(max_size=5), st.integers(0, 9))
def test_garbage_breaks_nothing(at, inserted, removed):
    try:
        parse_status(PAGE[:at] + inserted + PAGE[at + removed :])
    except HostError:
        return


def test_samples_of_two_targets_one_of_which_is_dead(paged):
    meter = NginxMeter()
    url = paged({"/s": PAGE})
    meter.configure({"targets": [f"web={url}/s", f"old={url}/other"]})
    reading = meter.read(HOST, 0)
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}
    assert values == {
        ("nginx.up", "web"): 1.0,
        ("nginx.requests", "web"): 4,
        ("nginx.connections_accepted", "web"): 4,
        ("nginx.connections_handled", "web"): 4,
        ("nginx.connections_current", "active", "web"): 1,
        ("nginx.connections_current", "reading", "web"): 0,
        ("nginx.connections_current", "writing", "web"): 1,
        ("nginx.connections_current", "waiting", "web"): 0,
        ("nginx.up", "old"): 0.0,
    }
    [web, old] = reading.inventories["nginx"]
    assert web == {"target": "web", "state": "up", "error": "", "version": "tested/1"}
    assert (old["state"], old["error"]) == ("down", f"{url}/other answers with status 404")


def test_a_page_of_somebody_else_and_one_without_end(paged):
    meter = NginxMeter()
    url = paged({"/html": "<html>\x1b", "/endless": "x" * 100_000})
    meter.configure({"targets": [f"{url}/html", f"{url}/endless"]})
    errors = [row["error"] for row in meter.read(HOST, 0).inventories["nginx"]]
    assert "is not nginx's status page" in errors[0]
    assert "4096" in errors[1]


def test_without_targets_the_usual_pages_of_this_machine_are_asked():
    meter = NginxMeter()
    assert {target.address.rpartition("/")[0] for target in meter.usual(HOST)} == {"http://127.0.0.1"}
    meter.usual = lambda host: []
    with pytest.raises(NoData):
        meter.read(HOST, 0)


def test_who_is_refused_learns_how_to_be_let_in(paged):
    meter = NginxMeter()
    meter.configure({"targets": [paged({"/": 403}) + "/"]})
    assert isinstance(meter.read(HOST, 0).trouble, Denied)
    assert "stub_status" in meter.probe(HOST).fix
