"""The installer without root and without a service manager, with nothing but busybox to help."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import bundles
from .machines import collector, machine, manage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..real.booting import Inside
    from .bundles import Workshop

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.containers,
    pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces"),
]
ROOT = Path(__file__).parents[2]
HOME = "/home/somebody"
FURNISH = f"""
mkdir -p {HOME}/.config/wakeful /usr/local/busybox && echo mine >{HOME}/.config/wakeful/cli.toml
chown -R 4242:4242 {HOME}
/bin/busybox --install -s /usr/local/busybox
rm -f /usr/local/busybox/xz /usr/local/busybox/unxz
"""
FULL = "/usr/sbin:/usr/bin:/sbin:/bin"


def by(inside: Inside, line: str, path: str = FULL) -> subprocess.CompletedProcess[str]:
    """Run a line as somebody without root."""
    environ = ["env", "-i", f"HOME={HOME}", f"PATH={path}"]
    user = ["setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups"]
    return inside(*user, *environ, "/bin/sh", "-c", f"cd {HOME} && {line}")


def files(inside: Inside) -> list[str]:
    return sorted(inside("find", HOME).stdout.split())


def proven(inside: Inside) -> str:
    return inside("cat", f"{HOME}/.local/state/wakeful-agent/proven").stdout.strip()


@pytest.mark.parametrize("path", [FULL, "/usr/local/busybox"], ids=["coreutils", "busybox"])
def test_an_account_without_root(workshop: Workshop, source: Path, path: str) -> None:
    if shutil.which("busybox") is None:
        pytest.skip("busybox is not installed")
    data = source / "data"
    manage(data, "release", "add", str(workshop.release("1.0.0")))
    with machine(source) as inside, collector(inside, data):
        assert inside("sh", "-c", FURNISH).returncode == 0
        before = files(inside)
        fetch = "curl -fsSL" if path == FULL else "wget -qO-"
        line = f"{fetch} http://127.0.0.1:8800/install.sh | sh -s -- --user"
        found = json.loads(manage(data, "invite", "--json"))
        sums = found["install"].split("--sha256 ")[1].split()[0]
        vouched = f"--key {workshop.key} --sha256 {sums}"

        done = by(inside, f"{line} --invite {found['invite']} {vouched}", path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "accepted its first push" in done.stdout
        assert proven(inside) == "1.0.0"
        assert by(inside, ".local/bin/wakeful-agent --version").stdout == "wakeful-agent 1.0.0\n"
        assert by(inside, ".local/opt/wakeful-agent/scripts/status.sh", path).returncode == 0
        same = by(inside, f"{line} {vouched}", path)
        assert same.returncode == 0, same.stderr
        assert "nothing was to be done" in same.stdout

        manage(data, "release", "add", str(workshop.release("2.0.0", bundles.CRASHES)))
        sums = json.loads(manage(data, "invite", "--json"))["install"].split("--sha256 ")[1].split()[0]
        done = by(inside, f"{line} --key {workshop.key} --sha256 {sums} --wait 3", path)
        assert done.returncode == 1
        assert "taken back" in done.stderr
        assert by(inside, ".local/bin/wakeful-agent --version").stdout == "wakeful-agent 1.0.0\n"
        assert by(inside, ".local/opt/wakeful-agent/scripts/status.sh", path).returncode == 0

        gone = by(inside, f"{line} --uninstall", path)
        assert gone.returncode == 0, gone.stderr
        assert files(inside) == before
        assert inside("pgrep", "-f", "wakeful_agent").returncode == 1


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that others than root can reach."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_it_takes_away_nothing_that_is_not_its_own(elsewhere: Path) -> None:
    for name in ("config/cli.toml", "config/TOKEN", "config/agent.toml", "state/diary", "own/wakeful-agent/lock"):
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / name).write_text("x")
    shutil.copy(ROOT / "packaging" / "install.sh", elsewhere)
    for path in (elsewhere, *elsewhere.rglob("*")):
        os.chown(path, 4242, 4242)
    for state in ("state", "own/wakeful-agent"):
        environ = ["env", "-i", f"HOME={elsewhere}", f"PATH={FULL}", f"CONFIG_DIR={elsewhere}/config"]
        user = ["setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups"]
        line = [*user, *environ, f"STATE_DIR={elsewhere}/{state}", "sh", f"{elsewhere}/install.sh"]
        done = subprocess.run([*line, "--user", "--uninstall"], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
    # What --keep left behind is known to the next one.
    (elsewhere / "made-for-it").mkdir(mode=0o777)
    (elsewhere / "made-for-it").chmod(0o777)
    (elsewhere / "config" / ".made").write_text(f"folder {elsewhere}/made-for-it\n")
    kept = [*line, "--user", "--uninstall"]
    assert subprocess.run(kept, capture_output=True, check=False, timeout=60).returncode == 0
    assert not (elsewhere / "made-for-it").exists()
    left = sorted(path.name for path in elsewhere.rglob("*") if path.is_file())
    assert left == ["cli.toml", "diary", "install.sh"]
