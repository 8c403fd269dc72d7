import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Absent, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters import textfile
from wakeful_agent.meters.textfile import TextfileMeter
from wakeful_agent.runner import Runner

FOLDER = textfile.USUAL_FOLDER[1:]
NOW_MS = 1_700_000_060_000


def meter_of(*folders):
    meter = TextfileMeter()
    meter.configure({"folders": list(folders)})
    return meter


def put(host, name, text, folder=FOLDER, at=1_700_000_000):
    path = host.path(f"{folder}/{name}")
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (at, at))


@pytest.fixture
def host(made):
    return made({f"{FOLDER}/readme.txt": "not a metric"})


def read(meter, host, now_ms=NOW_MS):
    series, values, inventories, trouble = meter.read(host, now_ms)
    found = {(one.name, *dict(one.labels).values()): value for one, value in zip(series, values)}
    return found, inventories["textfile"], trouble


def test_files_are_read_with_their_age(host):
    put(host, "backup.prom", '# TYPE backup_bytes gauge\nbackup_bytes{job="all"} 42\n')
    put(host, "apt.prom", "apt_upgrades_pending 3\n", at=1_700_000_050)
    found, document, trouble = read(TextfileMeter(), host)
    assert found == {
        ("textfile.age", f"/{FOLDER}/apt.prom"): 10.0,
        ("textfile.up", f"/{FOLDER}/apt.prom"): 1.0,
        ("textfile.age", f"/{FOLDER}/backup.prom"): 60.0,
        ("textfile.up", f"/{FOLDER}/backup.prom"): 1.0,
        ("apt_upgrades_pending",): 3.0,
        ("backup_bytes", "all"): 42.0,
    }
    assert document[0] == {"file": f"/{FOLDER}/apt.prom", "state": "ok", "series": 1, "error": ""}
    assert trouble is None


def test_a_broken_file_costs_only_itself_and_says_the_line(host):
    put(host, "a.prom", "a 1\n")
    put(host, "b.prom", "b 2\n")
    meter = TextfileMeter()
    first = meter.read(host, NOW_MS)
    put(host, "b.prom", "b 2\nb{ 3\n", at=1_700_000_001)
    found, document, trouble = read(meter, host)
    assert found["a",] == 1
    assert found["b",] is None, "the series stays, so that it does not come and go"
    assert found["textfile.up", f"/{FOLDER}/b.prom"] == 0
    assert document[1]["state"] == "broken"
    assert document[1]["error"].startswith("line 2: has labels")
    assert isinstance(trouble, Malformed)
    assert str(trouble) == f"/{FOLDER}/b.prom: {document[1]['error']}"
    put(host, "b.prom", "b 4\n", at=1_700_000_002)
    again = meter.read(host, NOW_MS)
    assert again.series is first.series
    assert dict(zip(again.series, again.values))[again.series[-1]] == 4


def test_what_did_not_change_is_not_read_again(host, monkeypatch):
    put(host, "a.prom", "a 1\n")
    meter = TextfileMeter()
    first = meter.read(host, NOW_MS)
    monkeypatch.setattr(textfile, "parse", None)
    second = meter.read(host, NOW_MS + 15_000)
    assert second.series is first.series
    assert second.values == [75.0, 1.0, 1.0]


def test_files_that_are_no_files_are_troubles_of_their_own(host):
    put(host, "a.prom", "a 1\n")
    os.mkfifo(host.path(f"{FOLDER}/pipe.prom"))
    os.mkdir(host.path(f"{FOLDER}/folder.prom"))
    os.symlink("nowhere", host.path(f"{FOLDER}/gone.prom"))
    put(host, "large.prom", b"#" * (textfile.FILE_BYTES_MAX + 1))
    put(host, "binary.prom", bytes(range(256)))
    found, document, _ = read(TextfileMeter(), host)
    assert found["a",] == 1
    errors = {row["file"].rpartition("/")[2]: row["error"] for row in document}
    assert errors["pipe.prom"] == errors["folder.prom"] == "is not a plain file"
    assert errors["gone.prom"] == "No such file or directory"
    assert errors["large.prom"] == f"has more than {textfile.FILE_BYTES_MAX} bytes"
    assert errors["binary.prom"].startswith("line 1: ")
    assert found["textfile.age", f"/{FOLDER}/pipe.prom"] is None


def test_times_of_their_own_are_refused_and_no_numbers_are_left_out(host):
    put(host, "a.prom", "a 1 1700000000000\n")
    put(host, "b.prom", "b NaN\nc +Inf\nd 1\n")
    runner = Runner(host, [TextfileMeter()])
    result = runner.collect(NOW_MS).results["textfile"]
    runner.close()
    assert result.outcome == "failed"
    assert "a has a time of its own" in result.error
    assert dict(zip((one.name for one in result.series), result.values))["b"] is None
    assert result.values[-3:] == [None, None, 1.0]


def test_one_series_in_two_files_is_taken_once(host):
    put(host, "a.prom", "x 1\ny 1\n")
    put(host, "b.prom", "x 2\nz 2\n")
    found, _, trouble = read(TextfileMeter(), host)
    assert (found["x",], found["y",], found["z",]) == (1, 1, 2)
    assert "b.prom: 1 series are left out" in str(trouble)


def test_there_are_bounds(host, monkeypatch):
    monkeypatch.setattr(textfile, "FILES_MAX", 2)
    monkeypatch.setattr(textfile, "MOST_SERIES", 3)
    for name in "abc":
        put(host, f"{name}.prom", f"{name}1 1\n{name}2 2\n")
    found, document, trouble = read(TextfileMeter(), host)
    assert [row["file"][-6:] for row in document] == ["a.prom", "b.prom"]
    assert ("b1",) in found
    assert ("b2",) not in found
    assert "1 files are left out: at most 2" in str(trouble)
    assert "b.prom: 1 series are left out" in str(trouble)


def test_folders_can_be_named_and_a_missing_one_is_said(made):
    host = made({"srv/one/a.prom": "a 1\n", "srv/two words/b.prom": "b 1\n", "srv/two words/c.txt": "c 1\n"})
    meter = meter_of("/srv/one", "/srv/two words/", "/srv/three", "/srv/one")
    found, _, trouble = read(meter, host)
    assert {key[0] for key in found} == {"a", "b", "textfile.age", "textfile.up"}
    assert str(trouble) == "/srv/three: No such file or directory"
    assert not meter.probe(host).available
    assert meter_of("/srv/one").probe(host).reason == "1 files"


def test_without_a_folder_there_is_nothing(made):
    empty = made({"etc/x": ""})
    with pytest.raises(Absent):
        TextfileMeter().read(empty, NOW_MS)
    capability = TextfileMeter().probe(empty)
    assert not capability.available
    assert capability.fix == "mkdir -p /var/lib/wakeful-agent/textfile"


def test_a_folder_that_may_not_be_read_is_a_trouble(made):
    host = made({"srv/file": "x"})
    _, values, _, trouble = meter_of("/srv/file").read(host, NOW_MS)
    assert values == []
    assert "Not a directory" in str(trouble)


def test_hostile_names_and_labels_are_made_fit(host):
    put(host, "a\n<b>.prom", 'a{x="\x07<script>"} 1\n')
    found, document, _ = read(TextfileMeter(), host)
    assert ("a", "\ufffd<script>") in found
    assert document[0]["file"] == f"/{FOLDER}/a\ufffd<b>.prom"


@given(st.binary(max_size=200))
def test_whatever_stands_in_a_file_it_is_a_reading(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp() / "textfile"
    folder.mkdir(exist_ok=True)
    (folder / "a.prom").write_bytes(content)
    meter = meter_of(str(folder))
    series, values, inventories, _ = meter.read(Host("/"), NOW_MS)
    assert len(series) == len(values) >= 2
    assert inventories["textfile"][0]["state"] in {"ok", "broken"}
