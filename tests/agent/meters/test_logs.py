import json
import os
import time

import pytest

from wakeful_agent.host.errors import Denied
from wakeful_agent.host.files import Host
from wakeful_agent.host.journal import Message
from wakeful_agent.meter import NoData
from wakeful_agent.meters.logs import LogsMeter, count_by_unit, remember
from wakeful_agent.options import check_options
from wakeful_wire.names import METRICS

NOW_MS = 1_700_000_000_000
SECRET = "hunter2-and-more"


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "var/log/journal/abc").mkdir(parents=True)
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(*messages, then=""):
        lines = [
            json.dumps({"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": str(NOW_MS * 1000), "PRIORITY": priority,
                        "_SYSTEMD_UNIT": unit, "MESSAGE": text})
            for priority, unit, text in messages
        ]  # fmt: skip
        (tmp_path / "lines").write_text("".join(line + "\n" for line in lines))
        program = folder / "journalctl"
        program.write_text(f"#!/bin/sh\n{then or f'cat {tmp_path}/lines'}\n")
        program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(folder),))

    return make


def read(meter, host, now_ms=NOW_MS):
    found = meter.read(host, now_ms)
    for one in found.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(found.series, found.values)}
    return values, found.inventories["log_messages"]


def test_errors_and_warnings_a_minute(machine):
    meter = LogsMeter()
    host = machine(
        ("3", "a.service", "x 1"), ("3", "a.service", "x 2"), ("4", "a.service", "y"), ("0", "b.service", "z")
    )
    values, _ = read(meter, host)
    assert values == {
        ("log.truncated",): 0,
        ("log.records.rate", "error", "a.service"): 2,
        ("log.records.rate", "warning", "a.service"): 1,
        ("log.records.rate", "error", "b.service"): 1,
        ("log.records.rate", "warning", "b.service"): 0,
        ("log.records.rate", "error", "other"): 0,
        ("log.records.rate", "warning", "other"): 0,
    }
    values, _ = read(meter, machine(("3", "a.service", "x")), NOW_MS + 30_000)
    assert values["log.records.rate", "error", "a.service"] == 2, "one in half a minute"
    assert values["log.records.rate", "error", "b.service"] == 0, "an error that ended shows as zero"
    values, _ = read(meter, machine(("3", "a.service", "x")), NOW_MS - 90_000)
    assert values["log.records.rate", "error", "a.service"] == 60, "a clock that was set back"


def test_what_is_said_again_and_again(machine):
    host = machine(("3", "a.service", "try 1"), ("3", "a.service", "try 2"), ("3", "a.service", "once"))
    _, rows = read(LogsMeter(), host)
    assert rows == [
        {
            "fingerprint": rows[0]["fingerprint"],
            "unit": "a.service",
            "severity": "error",
            "times": 2,
            "first_ms": NOW_MS,
            "last_ms": NOW_MS,
            "example": "",
        }
    ]


def test_log_lines_only_where_the_local_file_allows_them(machine):
    text = f"login failed password={SECRET} <b>\n" + "x" * 500
    host = machine(("3", "a.service", text), ("3", "a.service", text))
    assert SECRET not in json.dumps(read(LogsMeter(), host)[1])
    meter = LogsMeter()
    assert check_options(meter.options, {"lines": True}, local=False)[1], "the collector may not switch it on"
    meter.configure({"lines": True})
    (row,) = read(meter, host)[1]
    assert row["example"].startswith("login failed password=[redacted] <b>\ufffdxx")
    assert len(row["example"]) == 300


def test_what_may_be_sent_no_longer_is_forgotten(machine):
    host = machine(("3", "a.service", "said twice"), ("3", "a.service", "said twice"))
    meter = LogsMeter()
    meter.configure({"lines": True})
    assert read(meter, host)[1][0]["example"] == "said twice"
    meter.configure({"lines": False})
    assert [(row["example"], row["times"]) for row in read(meter, host, NOW_MS + 60_000)[1]] == [("", 4)]


def test_new_settings_do_not_read_again_what_was_read(machine, tmp_path):
    meter = LogsMeter()
    host = machine(("3", "a.service", "x"), then=f'echo "$*" >> {tmp_path}/asked; cat {tmp_path}/lines')
    read(meter, host)
    meter.configure({"units": 3})
    read(meter, host, NOW_MS + 60_000)
    assert "--after-cursor=s=1" in (tmp_path / "asked").read_text().splitlines()[-1]


def test_a_flood_is_counted_but_not_searched_through():
    flood = [Message(NOW_MS, "error", "a", f"{number} " + "://" * 1_300) for number in range(2_000)]
    begun = time.process_time()
    kept = remember({}, flood, NOW_MS, lines=True)
    assert time.process_time() - begun < 20, "all of it would take minutes"
    assert sum(one.times for one in kept.values()) == 102
    same = [Message(NOW_MS, "error", "a", "y" * 4_000)] * 2_000
    assert sum(one.times for one in remember({}, same, NOW_MS, lines=True).values()) == 2_000


def test_a_secret_is_taken_out_before_anything_is_cut():
    long = Message(NOW_MS, "error", "a", "y" * 290 + f" token={SECRET}")
    (one,) = remember({}, [long], NOW_MS, lines=True).values()
    assert "hunter" not in one.example
    other = Message(NOW_MS, "error", "a", "y" * 290 + " token=another")
    assert len(remember({}, [long, other], NOW_MS, lines=False)) == 1, "not even the fingerprint knows it"


def test_what_is_a_day_old_is_forgotten():
    seen = remember({}, [Message(NOW_MS, "error", "a", "old")], NOW_MS, lines=True)
    assert remember(seen, [], NOW_MS + 86_399_999, lines=True) == seen
    assert remember(seen, [], NOW_MS + 86_400_000, lines=True) == {}


def test_what_is_kept_is_bounded():
    words = [Message(NOW_MS + number, "error", "a", "w" * number) for number in range(400)]
    kept = remember({}, words, NOW_MS, lines=True)
    assert len(kept) == 300
    assert min(one.last_ms for one in kept.values()) == NOW_MS + 100


def test_a_message_without_a_time_has_that_of_the_reading():
    (one,) = remember({}, [Message(0, "error", "a", "x")], NOW_MS, lines=False).values()
    assert one.first_ms == NOW_MS


def test_units_beyond_the_number_are_counted_together():
    messages = [Message(0, "error", unit, "") for unit in ["a", "b", "b", "c"]]
    assert count_by_unit(messages, [], 1) == (["b"], {("other", "error"): 2, ("b", "error"): 2})
    assert count_by_unit(messages, ["a"], 2)[0] == ["a", "b"]


def test_a_unit_that_says_nothing_for_a_day_makes_room(machine):
    meter = LogsMeter()
    meter.configure({"units": 1})
    day_ms = 86_400_000
    for unit, now_ms, shown in (
        ("a", NOW_MS, "a"),
        ("b", NOW_MS + day_ms - 1, "a"),
        ("a", NOW_MS + day_ms, "a"),
        ("b", NOW_MS + 2 * day_ms - 1, "a"),
        ("b", NOW_MS + 2 * day_ms, "b"),
    ):
        values, _ = read(meter, machine(("3", unit, "x")), now_ms)
        assert {key[2] for key in values if len(key) > 1} == {shown, "other"}


def test_a_unit_called_other_is_no_double(machine):
    found = LogsMeter().read(machine(("3", "other", "x")), NOW_MS)
    assert len(set(found.series)) == len(found.series)
    assert found.values[-2] == 1


def test_no_journal_is_nothing(tmp_path):
    with pytest.raises(NoData):
        LogsMeter().read(Host(str(tmp_path)), 0)


def test_the_journal_in_memory_alone_counts_too(machine, tmp_path):
    (tmp_path / "var/log/journal/abc").rmdir()
    (tmp_path / "run/log/journal/abc").mkdir(parents=True)
    assert read(LogsMeter(), machine())[1] == []


def test_another_folder(machine, tmp_path):
    (tmp_path / "var/log/journal/abc").rmdir()
    meter = LogsMeter()
    meter.configure({"folder": "/srv/journal"})
    assert read(meter, machine())[1] == []


REFUSED = "echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1"


def test_a_journal_that_may_not_be_read_is_refused(machine):
    host = machine(then=REFUSED)
    with pytest.raises(Denied):
        LogsMeter().read(host, NOW_MS)
    found = LogsMeter().probe(host)
    assert (found.available, found.fix) == (False, "usermod -a -G systemd-journal wakeful")


def test_a_journal_of_which_only_the_own_part_may_be_read_is_refused(machine, tmp_path, monkeypatch):
    host = machine(("3", "a.service", "x"))
    (tmp_path / "var/log/journal/abc/system.journal").touch()
    (tmp_path / "var/log/journal/abc/user-1000.journal").touch()
    assert LogsMeter().probe(host).available
    # Root may read everything, so the system is asked as if this were somebody else.
    monkeypatch.setattr(os, "access", lambda path, _mode: not path.endswith("system.journal"))
    with pytest.raises(Denied, match="only its own messages"):
        LogsMeter().read(host, NOW_MS)
    found = LogsMeter().probe(host)
    assert (found.available, found.fix) == (False, "usermod -a -G systemd-journal wakeful")


def test_the_probe(machine, tmp_path):
    assert LogsMeter().probe(machine()).available
    assert LogsMeter().probe(machine(then="exit 1")).fix == "", "no group mends a journal that is broken"
    assert "not installed" in LogsMeter().probe(Host(str(tmp_path))).reason
    (tmp_path / "var/log/journal/abc").rmdir()
    assert LogsMeter().probe(machine()).reason == "no journal is kept on this machine"
