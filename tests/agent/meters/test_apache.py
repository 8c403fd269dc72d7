# The fixtures are what Apache 2.4.71 of Debian 12 wrote: mpm_event, and mpm_prefork with ExtendedStatus Off.
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters.apache import ApacheMeter, parse_status, samples_of

PAGES = pathlib.Path(__file__).parents[2] / "fixtures/apache"
EVENT, PREFORK = (PAGES / "event.txt").read_text(), (PAGES / "prefork_plain.txt").read_text()
HOST = Host("/nowhere")


def values(text):
    return {(name, *labels.values()): value for name, labels, value in samples_of(parse_status(text))}


def test_a_server_with_everything():
    found = values(EVENT)
    assert len(found) == 25
    assert found["apache.requests",] == 4
    assert found["apache.traffic",] == 1024
    assert found["apache.uptime",] == 1
    assert found["apache.cpu.time", "children", "system"] == 0
    assert found["apache.workers", "busy"] == 1
    assert found["apache.workers", "idle"] == 74
    assert found["apache.connections.async", "keepalive"] == 0
    assert found["apache.scoreboard", "waiting"] == 74
    assert found["apache.scoreboard", "sending"] == 1
    assert found["apache.scoreboard", "open"] == 325


def test_what_a_server_leaves_out_has_no_series():
    found = values(PREFORK)
    assert ("apache.requests",) not in found
    assert found["apache.workers", "idle"] == 4


def test_apaches_own_way_with_numbers():
    text = EVENT.replace("CPUUser: 0", "CPUUser: .25").replace("Total Duration: 0", "Total Duration: 1500")
    assert values(text)["apache.cpu.time", "self", "user"] == 0.25
    assert values(text)["apache.request.time",] == 1.5
    for wrong in ("-1", "1e9", "\u0664", "9" * 40, "1.2.3", "nan"):
        assert values(EVENT.replace("CPUUser: 0", f"CPUUser: {wrong}"))["apache.cpu.time", "self", "user"] is None


@pytest.mark.parametrize("text", ["", "<html>Scoreboard</html>", "BusyWorkers: 1", "Scoreboard: ___"])
def test_another_page_is_none(text):
    with pytest.raises(Malformed, match="is not Apache's"):
        parse_status(text)


@given(st.integers(0, 1200), st.text(max_size=5), st.integers(0, 30))
def test_garbage_breaks_nothing(at, inserted, removed):
    try:
        samples_of(parse_status(EVENT[:at] + inserted + EVENT[at + removed :]))
    except HostError:
        return


def test_a_target_with_and_without_the_form_for_programs(paged):
    meter = ApacheMeter()
    url = paged({"/server-status?auto": EVENT, "/x?auto": "<html>"})
    meter.configure({"targets": [f"a={url}/server-status", f"b={url}/server-status?auto", f"c={url}/x?auto"]})
    reading = meter.read(HOST, 0)
    assert [(row["target"], row["state"]) for row in reading.inventories["apache"]] == [
        ("a", "up"),
        ("b", "up"),
        ("c", "down"),
    ]
    assert reading.inventories["apache"][0]["version"] == "Apache/2.4.71 (Debian)"
    assert reading.inventories["apache"][0]["mpm"] == "event"
    assert reading.inventories["apache"][2]["error"].startswith(f"{url}/x is not Apache's")


def test_the_usual_place():
    assert [target.name for target in ApacheMeter().usual(HOST)] == ["http://127.0.0.1/server-status"]
