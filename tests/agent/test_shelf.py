"""Optional meters: loaded when a clue is there, gone when it goes, and free of cost where there is none."""

import pathlib
import sys

import pytest

from wakeful_agent import meters
from wakeful_agent.host.files import Host
from wakeful_agent.meter import Meter, Reading
from wakeful_agent.runner import Runner
from wakeful_agent.shelf import CLUES, Entry, Shelf, _fits, load
from wakeful_wire.schema import series

PLUGIN = '''
from wakeful_agent.capabilities import granted
from wakeful_agent.meter import Meter, Reading
from wakeful_wire.schema import series

class OddMeter(Meter):
    """Counts."""

    name = "odd"

    def probe(self, host):
        return granted("odd")

    def read(self, host, now_ms):
        return Reading([series("a.b")], [1])
'''
LISTENS = "head\n0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 77 1 0 100 0 0 10 0\n"


class Always(Meter):
    """Is always there."""

    name = "always"

    def read(self, host, now_ms):
        return Reading([series("c.d")], [2])


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Return a function that puts an optional meter with the given clues beside one that is always there."""
    folder = tmp_path / "plugins" / "odd_meters"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "odd.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path / "plugins"))

    def make(*needs, stays=()):
        entry = Entry("odd", "odd:OddMeter", needs, "apt install odd", "odd is not installed", "oddities", stays)
        return Shelf([Always()], [entry], "odd_meters")

    yield make
    for name in ("odd_meters", "odd_meters.odd"):
        sys.modules.pop(name, None)


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "root" / "bin").mkdir(parents=True)
    return Host(str(tmp_path / "root"), programs=(str(tmp_path / "root" / "bin"),))


def put(host, path, text="", mode=0o644):
    target = pathlib.Path(host.path(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    target.chmod(mode)


def test_without_a_clue_it_is_known_and_not_loaded(shelf, machine):
    runner = Runner(machine, shelf("program:oddctl", "path:proc/odd", "port:8080", "configured"))
    assert not runner.look([])
    assert list(runner.meters) == ["always"]
    assert "odd" in runner.meters
    assert "odd_meters.odd" not in sys.modules
    [known] = [item for item in runner.probe() if item.name == "odd"]
    assert (known.available, known.reason, known.fix, known.exposes) == (
        False,
        "odd is not installed",
        "apt install odd",
        "oddities",
    )
    assert list(runner.collect(0).results) == ["always"]
    told = runner.collect(0, ["odd"]).results["odd"]
    assert (told.outcome, told.error) == ("nothing", "odd is not installed")
    assert "odd_meters.odd" not in sys.modules


@pytest.mark.parametrize(
    ("need", "path", "text", "mode"),
    [
        ("program:oddctl", "bin/oddctl", "", 0o755),
        ("path:proc/odd", "proc/odd", "", 0o644),
        ("path:run/odd/*.sock", "run/odd/a.sock", "", 0o644),
        ("path:sys/class/*/od*d/x", "sys/class/c/od9d/x", "", 0o644),
        ("port:8080", "proc/net/tcp", LISTENS, 0o644),
    ],
)
def test_any_clue_loads_it_and_without_it_nothing_is_there(shelf, machine, need, path, text, mode):
    import os

    runner = Runner(machine, shelf("path:nowhere/*/x", need))
    assert not runner.look([])
    put(machine, path, text, mode)
    assert runner.look([])
    assert not runner.look([])
    assert {name: one.outcome for name, one in runner.collect(0).results.items()} == {"always": "ok", "odd": "ok"}
    assert [item.available for item in runner.probe() if item.name == "odd"] == [True]
    os.unlink(machine.path(path))
    assert runner.look([])
    assert runner.collect(0).results["odd"].outcome == "nothing"
    assert [item.reason for item in runner.capabilities() if item.name == "odd"] == ["odd is not installed"]


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("libvirt-sock-ro", "*sock*", True),
        ("socket", "*sock*", True),
        ("sok", "*sock*", False),
        ("a.sock", "*.sock", True),
        (".sock", "*.sock", True),
        ("a.sock.old", "*.sock", False),
        (".s.PGSQL.5432", ".s.PGSQL.*", True),
        ("x.s.PGSQL.5432", ".s.PGSQL.*", False),
        ("anything", "*", True),
        ("anything", "**", True),
        ("aa", "a*a*a", False),
        ("abaca", "a*b*c*a", True),
    ],
)
def test_what_a_star_stands_for(name, pattern, fits):
    assert _fits(name, pattern) is fits


def test_a_program_that_may_not_be_started_is_no_clue(shelf, machine):
    put(machine, "bin/oddctl", "", 0o644)
    assert not Runner(machine, shelf("program:oddctl")).look([])


def test_being_configured_is_a_clue_where_it_is_asked_for(shelf, machine):
    assert Runner(machine, shelf("configured")).look(["odd"])
    assert not Runner(machine, shelf("program:oddctl")).look(["odd"])


def test_clues_that_must_be_there_together(shelf, machine):
    runner = Runner(machine, shelf("program:oddctl & path:dev/odd*"))
    put(machine, "bin/oddctl", "", 0o755)
    assert not runner.look([])
    put(machine, "dev/odd1")
    assert runner.look([])


def test_what_ended_is_not_what_never_was(shelf, machine):
    runner = Runner(machine, shelf("path:run/odd.sock", stays=("program:oddctl",)))
    put(machine, "bin/oddctl", "", 0o755)
    assert not runner.look([])
    assert "odd_meters.odd" not in sys.modules
    put(machine, "run/odd.sock")
    assert runner.look([])
    pathlib.Path(machine.path("run/odd.sock")).unlink()
    assert not runner.look([])
    assert runner.collect(0).results["odd"].outcome == "ok", "its meter says how it fares"
    pathlib.Path(machine.path("bin/oddctl")).unlink()
    assert runner.look([])
    assert runner.collect(0).results["odd"].outcome == "nothing"


def test_what_is_switched_off_is_not_looked_for(shelf, machine):
    put(machine, "proc/odd")
    runner = Runner(machine, shelf("path:proc/odd"))
    assert not runner.look([], ["odd"])
    assert "odd_meters.odd" not in sys.modules


def test_what_is_switched_on_and_missing_is_looked_for_alone(shelf, machine):
    runner = Runner(machine, shelf("path:proc/odd"))
    assert not runner.look_for(["odd", "always", "unknown"])
    put(machine, "proc/odd")
    assert not runner.look_for(["always"])
    assert runner.look_for(["odd"])
    assert not runner.look_for(["odd"])


def test_asking_for_it_loads_it(shelf, machine):
    held = shelf("path:proc/odd")
    assert held["odd"].name == "odd"
    assert list(held) == ["always", "odd"]
    assert held.absent("odd") is not None
    with pytest.raises(KeyError):
        held["unknown"]


def test_every_optional_meter_can_be_loaded_and_says_what_it_is():
    always = {meter.name for meter in meters.METERS}
    for entry in meters.OPTIONAL:
        meter = load(entry)()
        assert meter.name == entry.name
        assert entry.name not in always
        assert entry.needs, entry
        for need in (one for needs in (*entry.needs, *entry.stays) for one in needs.split(" & ")):
            kind, _, rest = need.partition(":")
            assert kind in CLUES, need
            assert bool(rest) is (kind != "configured"), need
            assert not rest.startswith("/"), need
            assert kind != "port" or rest.isdecimal(), need
        assert entry.absent, entry.name
    assert len({entry.name for entry in meters.OPTIONAL}) == len(meters.OPTIONAL)
    assert [made.name for made in (one() for one in meters.classes())] == [
        *(meter.name for meter in meters.METERS),
        *(entry.name for entry in meters.OPTIONAL),
    ]
