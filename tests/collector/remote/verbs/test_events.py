"""events: what happened, and what happens."""

import json
import os
import signal
import subprocess
import threading

import pytest

from wakeful_collector.remote.verbs import events as module
from wakeful_collector.remote.width import columns

from ..counterparts import PROGRAM, Answering, await_true, http


def event(name, at_ms, kind="evt.told", **data):
    return {"id": name, "at": at_ms, "kind": kind, "subject": "\u9762\u5bffsubject", "data": data}


@pytest.fixture
def host(machine, now_ms):
    found = machine("evt-web")
    kinds = ("watch.down", "recovery.succeeded", "evt.told")
    told = [event(f"e{n}", now_ms - n * 1_000, kinds[n], why="oops \x07\x1b[31m", n=n) for n in range(3)]
    found.push([], now_ms, events=[*told, event("old", now_ms - 7_200_000)])
    return found


def test_events_are_listed_newest_last(operator, host):
    ran = operator("events", "--host", host.id, COLUMNS="200")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert "watch.down" in lines[-1]
    assert "why=" in lines[-1]
    assert "oops \\u0007\\u001b[31m" in ran.out
    assert "(told 2h late)" in ran.out
    assert all(character.isprintable() for line in lines for character in line)
    ids = [one["id"] for one in operator("events", "--host", host.id, "--kind", "*.*", "--json").document["events"]]
    assert [one for one in ids if len(one) == 2] == ["e0", "e1", "e2"]
    assert len(operator("events", "--host", host.id, "-n", "2", "--json").document["events"]) == 2


def test_what_is_no_data_is_not_told():
    assert module._data("hostile") == ""
    assert module._late({"at": None}) == ""


def test_an_event_is_told_though_its_host_cannot_be_named(wakeful):
    told = json.dumps({"events": [{**event("e", 0), "host": "h3x", "at": "2026-11-18T11:06:40Z"}], "next": None})
    gone = http("502 Bad Gateway", "gone")
    with Answering(http("200 OK", told), gone) as there:
        ran = wakeful("events", WAKEFUL_URL=there.url, WAKEFUL_API_KEY="wk_key_" + "a" * 32)
    assert (ran.code, "h3x" in ran.out) == (0, True), ran


def test_only_so_far_back(operator, host):
    found = operator("events", "--host", host.id, "--since", "1h", "--json").document["events"]
    assert "old" not in [one["id"] for one in found]
    assert {"e0", "e1", "e2"} <= {one["id"] for one in found}
    unknown = operator("events", "--host", host.id, "--kind", "watch.donw")
    assert (unknown.code, unknown.out) == (0, "")
    assert unknown.err.startswith("Nothing of the kind watch.donw happened; did you mean watch.down?\n  The newest")
    assert operator("events", "--host", host.id, "--kind", "host.enr*", "--since", "1s").err in {
        "Nothing of the kind host.enr* happened.\n",
        "",
    }
    assert operator("events", "--host", "nobody-so").code == 5
    assert operator("events", "--since", "soon").code == 2


def test_following_for_a_while(operator, host, now_ms):
    pushing = threading.Timer(0.7, host.push, [[], now_ms], {"events": [event("fresh", now_ms)]})
    pushing.start()
    ran = operator("events", "-f", "--host", host.id, "-n", "1", "--for", "3s", "--interval", "0.2", "--json")
    pushing.join()
    assert ran.code == 0
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["e0", "fresh"]


def test_following_begins_as_far_back_as_asked(operator, machine, now_ms):
    host = machine("evt-back")
    told = [event(f"b{n:02}", now_ms - 1_000 * n) for n in range(15)]
    host.push([], now_ms, events=[*told, event("b-old", now_ms - 7_200_000)])
    ran = operator("events", "-f", "--host", host.id, "--kind", "evt.*", "--since", "1h", "--for", "1s", "--json")
    assert ran.code == 0
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [f"b{n:02}" for n in range(14, -1, -1)]


def test_hosts_that_nobody_can_name_are_asked_for_once(wakeful):
    """Of two that are not known any more the second does not make the first one news again."""
    one, two = ({**event(f"e{host}", 0), "host": host, "at": "2026-11-18T11:06:40Z"} for host in ("h1", "h2"))
    told = json.dumps({"events": [one, two, one, two], "next": None})
    hosts = json.dumps({"hosts": [], "next": None})
    with Answering(http("200 OK", told), http("200 OK", hosts), http("200 OK", hosts), http("502 Bad", "")) as there:
        ran = wakeful("events", WAKEFUL_URL=there.url, WAKEFUL_API_KEY="wk_key_" + "a" * 32)
    assert (ran.code, ran.out.count("h1"), ran.out.count("h2")) == (0, 2, 2), ran
    assert len(there.heard) == 3


@pytest.mark.parametrize("width", [40, 80, 200])
def test_lines_fit_the_terminal(seat, host, width):
    sits = seat("events", "--follow", "--for", "1", "--host", host.id, COLUMNS=str(width), NO_COLOR="1")
    assert sits.wait() == 0
    lines = sits.seen.replace("\r\n", "\n").splitlines()
    assert len(lines) >= 4
    assert max(columns(line) for line in lines) <= width
    assert all(character.isprintable() for line in lines for character in line)


def test_forgotten_hosts_have_no_name(operator, machine, now_ms):
    gone = machine("evt-gone")
    gone.push([], now_ms, events=[event("bye", now_ms, "gone.event")])
    operator("run", "host.forget", "host=evt-gone", "-y", scope="admin")
    ran = operator("events", "--kind", "gone.*")
    assert ran.code == 0
    assert "  -  " in ran.out or ran.err.startswith("Nothing of the kind gone.* happened")


def hear_ctrl_c():
    """Undo what a shell does to what it starts in the background: tests may run there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_following_and_a_restart_does_not(serve, home, machine_of):
    served = serve()
    environ = {**os.environ, "WAKEFUL_URL": served.url, "WAKEFUL_API_KEY": served.key("read")}
    told, errors = home / "told", home / "errors"
    argv = [*PROGRAM, "events", "--follow", "--interval", "0.2", "--kind", "evt.*", "--json"]
    with told.open("w") as out, errors.open("w") as err:
        child = subprocess.Popen(argv, env=environ, stdout=out, stderr=err, preexec_fn=hear_ctrl_c)
    try:
        host = machine_of(served)
        host.push([], 0, events=[event("before", 5)])
        await_true(lambda: "before" in told.read_text(), "the first event")
        served.stop()
        await_true(lambda: "Trying again" in errors.read_text(), "the absence is said")
        host.push([], 0, events=[event("meanwhile", 1)])
        served.start()
        await_true(lambda: "meanwhile" in told.read_text(), "what arrived meanwhile")
        host.push([], 0, events=[event("after", 2)])
        await_true(lambda: "after" in told.read_text(), "what came after")
    finally:
        child.send_signal(signal.SIGINT)
        code = child.wait(20)
    assert code == 130
    assert [json.loads(line)["id"] for line in told.read_text().splitlines()] == ["before", "meanwhile", "after"]
    assert errors.read_text().count("Trying again") == 1
    assert "Traceback" not in errors.read_text()


def test_the_console_of_an_event_does_not_fill_the_line():
    assert module._data({"console": ["[12:00] Done"] * 20, "few": ["a"], "n": 3}) == 'console=(20 lines) few=["a"] n=3'
    assert module._data({"ports": list(range(9))}) == "ports=(9 items)"
