"""The change of releases: what stays, what goes back, and what never gets that far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.config.folders import Folders
from wakeful_agent.host.files import Host
from wakeful_agent.update import taking
from wakeful_agent.update.home import Home
from wakeful_agent.update.manifest import NotFit
from wakeful_agent.update.origin import Origin, find_release

from .workshop import KEY, MACHINE, installed, program, publish, tarball

if TYPE_CHECKING:
    from pathlib import Path

STOP = "#!/bin/sh\n"
START = """#!/bin/sh
version=$(basename "$(readlink '{home}/current')")
echo "$version" >>'{home}/starts-seen'
case " {good} " in *" $version "*) echo "$version" >"$STATE_DIR/proven" ;; esac
exit {code}
"""


class Ground:
    """An installation whose start script makes good releases push, and others not."""

    def __init__(self, folder: Path, *versions: str) -> None:
        self.folder = installed(folder / "home", *versions)
        self.home = Home(str(self.folder))
        self.said: list[str] = []
        self.dist = folder / "dist"
        (folder / "state").mkdir()
        (folder / "config").mkdir()
        self.state = folder / "state"
        folders = Folders(str(folder / "config"), str(self.state))
        self.site = taking.Site(self.home, folders, Host(user_id=1000), self.said.append)
        (self.folder / "scripts").mkdir()
        self.script("stop.sh", STOP)
        self.good(*versions)

    def good(self, *versions: str, code: int = 0) -> None:
        self.script("start.sh", START.format(home=self.folder, good=" ".join(versions), code=code))

    def script(self, name: str, body: str) -> None:
        (self.folder / "scripts" / name).write_text(body)
        (self.folder / "scripts" / name).chmod(0o755)

    def take(self, version: str, packed: bytes | None = None, gate_seconds: float = 30.0) -> bool:
        publish(self.dist, version, packed)
        source = Origin(str(self.dist))
        return taking.take(self.site, source, find_release(source, KEY, MACHINE), gate_seconds)

    def starts(self) -> list[str]:
        path = self.folder / "starts-seen"
        return path.read_text().split() if path.exists() else []

    def versions(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "versions").iterdir())


def test_a_release_that_pushes_stays(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "0.9", "1.0")
    ground.good("1.0", "2.0")
    (ground.state / "proven").write_text("1.0\n")
    (ground.state / "starts").write_text("1.0 2\n")
    assert ground.take("2.0")
    assert ground.home.version("current") == "2.0"
    assert ground.versions() == ["1.0", "2.0"]
    assert ground.home.word("trial") == ""
    assert (ground.folder / "current" / ".whole").exists()
    assert not (ground.state / "starts").exists()


def test_one_that_does_not_goes_back(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "1.0")
    assert not ground.take("2.0", gate_seconds=1.0)
    assert ground.home.version("current") == "1.0"
    assert ground.home.word("failed") == "2.0"
    assert ground.starts() == ["2.0", "1.0"]
    assert ground.versions() == ["1.0"]
    assert "did not get a push accepted within 1 s" in " ".join(ground.said)
    assert "release 1.0 runs again" in ground.said[-1]


def test_a_restart_that_fails_is_told(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "1.0")
    ground.good(code=1)
    assert not ground.take("2.0", gate_seconds=0.1)
    assert "start.sh ended with 1" in " ".join(ground.said)
    assert "runs again, but: " in ground.said[-1]


def test_when_the_launcher_went_back_nobody_waits_longer(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "1.0")
    ground.script("start.sh", '#!/bin/sh\necho 1.0 >"$STATE_DIR/proven"\n')
    assert not ground.take("2.0", gate_seconds=3600.0)
    assert ground.home.version("current") == "1.0"


@pytest.mark.parametrize(
    ("packed", "says"),
    [
        (tarball("2.0", program("2.0", self_test=1)), "does not work here: its self-test"),
        (tarball("2.0", program("2.0", check=2)), "agent.toml: is wrong"),
        (tarball("2.0", program("1.9")), "holds another release"),
        (tarball("2.0", b"no program"), "cannot be started"),
        (tarball("1.9"), "does not belong there"),
    ],
)
def test_one_that_does_not_work_here_is_not_even_tried(tmp_path: Path, packed: bytes, says: str) -> None:
    ground = Ground(tmp_path, "1.0")
    with pytest.raises(NotFit, match=says):
        ground.take("2.0", packed)
    assert ground.versions() == ["1.0"]
    assert ground.starts() == []
    assert ground.home.word("trial") == ""


def test_a_place_that_holds_nothing_leaves_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "1.0")
    (ground.folder / "versions" / "2.0.new").write_text("in the way")
    with pytest.raises(OSError, match="exists"):
        ground.take("2.0")
    assert ground.home.version("current") == "1.0"
    assert ground.starts() == []


def test_what_was_interrupted_is_brought_to_its_end(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "1.0", "2.0")
    (ground.folder / "versions" / "3.0.new").mkdir()
    taking.mend(ground.site)
    assert ground.versions() == ["1.0", "2.0"]
    ground.home.say("trial", "2.0")
    (ground.state / "proven").write_text("2.0\n")
    taking.mend(ground.site)
    assert (ground.home.version("current"), ground.home.word("trial"), ground.starts()) == ("2.0", "", [])
    ground.home.say("trial", "2.0")
    (ground.state / "proven").unlink()
    taking.mend(ground.site)
    assert (ground.home.version("current"), ground.home.word("failed"), ground.starts()) == ("1.0", "2.0", ["1.0"])
