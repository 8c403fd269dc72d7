"""Everything that can be wrong with a release, a machine or a moment: nothing is left behind, and what ran goes on."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from ..real.conftest import await_true
from . import bundles
from .bundles import ARCH, ROOT
from .machines import machine, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..real.booting import Inside
    from .bundles import Workshop

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.containers,
    pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces"),
]
ENROLLED = "mkdir -p /etc/wakeful && cp /run/source/identity.json /run/source/TOKEN /etc/wakeful/ &&"
IDENTITY = '{"agent_id": "refusals", "url": "http://127.0.0.1:9", "fingerprint": null, "enrolled_ms": 0}'
SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture(scope="module")
def dist(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a good release, signed."""
    made = tmp_path_factory.mktemp("good")
    return shutil.copytree(workshop.release("1.0.0"), made / "dist")


@pytest.fixture
def inside(source: Path, dist: Path) -> Iterator[Inside]:
    """Give a machine where neither systemd nor OpenRC runs, with the release in /run/source/dist."""
    furnish(source, dist)
    with machine(source) as found:
        yield found


def furnish(source: Path, dist: Path) -> None:
    shutil.copytree(dist, source / "dist")
    shutil.copy(ROOT / "packaging" / "install.sh", source)
    (source / "identity.json").write_text(IDENTITY)
    (source / "TOKEN").write_text("wk_agt_x\n")
    (source / "TOKEN").chmod(0o600)


def install(inside: Inside, *words: str, before: str = ENROLLED) -> subprocess.CompletedProcess[str]:
    """Run the installer on an enrolled machine, from the folder, without starting anything."""
    line = f"{before} sh /run/source/install.sh --from /run/source/dist --no-start {' '.join(words)}"
    return inside("sh", "-c", line)


def stand_in(name: str, body: str) -> str:
    """Return the beginning of a line that finds another program of that name first."""
    script = f"#!/bin/sh\\n{body}\\n"
    made = f"rm -rf /tmp/bin; mkdir /tmp/bin; printf '{script}' >/tmp/bin/{name}; chmod +x /tmp/bin/*;"
    return f"{made} PATH=/tmp/bin:{SYSTEM}"


def sums(source: Path) -> str:
    digest = subprocess.run(["sha256sum", source / "dist" / "SHA256SUMS"], capture_output=True, text=True, check=True)
    return digest.stdout.split()[0]


def nothing_is_there(inside: Inside) -> bool:
    return inside("ls", "/opt/wakeful-agent/current").returncode != 0


def test_a_release_is_taken_only_as_far_as_somebody_vouches_for_it(
    inside: Inside, source: Path, workshop: Workshop
) -> None:
    before = tree(inside)
    other = base64.b64encode(b"k" * 32).decode()
    summed = sums(source)
    for words, code, says in (
        ((), 2, "nothing vouches"),
        (("--key", other), 1, "WRONG SIGNATURE"),
        (("--key", other, "--sha256", summed), 1, "WRONG SIGNATURE"),
        (("--sha256", "0" * 64), 1, "WRONG CHECKSUM"),
        (("--key", workshop.key, "--sha256", "0" * 64), 1, "WRONG CHECKSUM"),
        (("--key", "short"), 2, "44 characters"),
        (("--key", "'$(reboot)'"), 2, "base64"),
        (("--sha256", "12"), 2, "64 hex digits"),
        (("--grant", "all"), 2, "takes smart, raid and fail2ban"),
        (("--update", "often"), 2, "never, ask or auto"),
        (("--wait", "long"), 2, "number of seconds"),
        (("--invite", "x"), 2, "starts with wk_inv_"),
        (("--url", "ftp://x"), 2, "http"),
        (("--invite-file", "/gone"), 2, "cannot be read"),
        (("--key",), 2, "needs a value"),
        (("--what",), 2, "does not understand"),
        (("--keep",), 2, "belongs to --uninstall"),
        (("--user",), 2, "without sudo"),
        (("--key", workshop.key, "--from", "/gone"), 1, "cannot be had"),
    ):
        done = install(inside, *words, before="")
        assert (done.returncode, says in done.stderr) == (code, True), (words, done.stdout, done.stderr)
    assert tree(inside) == before
    assert inside("sh", "/run/source/install.sh", "--help").stdout.startswith("Installs Wakeful's agent")

    tarball = source / "dist" / f"wakeful-agent-1.0.0-linux-{ARCH}.tar.xz"
    digest = subprocess.run(["sha256sum", tarball], capture_output=True, text=True, check=True).stdout.split()[0]
    done = install(inside, "--sha256", digest)
    assert done.returncode == 0, done.stderr
    assert "its signature was not checked here" in done.stdout


def test_an_unsigned_or_broken_release_is_refused(inside: Inside, source: Path, workshop: Workshop) -> None:
    key = ("--key", workshop.key)
    tarball = source / "dist" / f"wakeful-agent-1.0.0-linux-{ARCH}.tar.xz"
    whole = tarball.read_bytes()
    tarball.write_bytes(whole[: len(whole) // 2])
    done = install(inside, *key)
    assert done.returncode == 1
    assert "WRONG CHECKSUM" in done.stderr
    assert nothing_is_there(inside)
    assert inside("find", "/opt/wakeful-agent/versions", "-type", "f").stdout == ""
    tarball.write_bytes(whole)

    listed = (source / "dist" / "SHA256SUMS").read_text()
    (source / "dist" / "SHA256SUMS").write_text(listed.replace("install.sh", "install.sh2"))
    assert "WRONG SIGNATURE" in install(inside, *key).stderr
    (source / "dist" / "SHA256SUMS").write_text(listed)
    (source / "dist" / "SHA256SUMS.sig").rename(source / "kept.sig")
    assert "is not signed" in install(inside, *key).stderr
    (source / "kept.sig").rename(source / "dist" / "SHA256SUMS.sig")
    assert nothing_is_there(inside)
    assert install(inside, *key).returncode == 0


def test_without_openssl_the_checksum_is_enough_and_the_key_is_not(
    inside: Inside, source: Path, workshop: Workshop
) -> None:
    old = f"{ENROLLED} {stand_in('openssl', 'exit 1')}"
    done = install(inside, "--key", workshop.key, before=old)
    assert done.returncode == 3
    assert "no openssl of version 3" in done.stderr
    done = install(inside, "--key", workshop.key, "--sha256", sums(source), before=old)
    assert done.returncode == 0, done.stderr
    assert "its signature was not checked here" in done.stdout


def test_a_machine_it_does_not_fit_is_told_so(inside: Inside, workshop: Workshop) -> None:
    before = tree(inside)
    for name, answer, says in (
        ("uname", "case $1 in -m) echo riscv64 ;; *) echo Linux ;; esac", "no release for riscv64"),
        ("uname", "case $1 in -m) echo x86_64 ;; *) echo FreeBSD ;; esac", "this is FreeBSD"),
        ("getconf", "echo glibc 2.12", "needs 2.17"),
    ):
        done = install(inside, "--key", workshop.key, before=stand_in(name, answer))
        assert (done.returncode, says in done.stderr) == (3, True), done.stderr
    line = f"sh /run/source/install.sh --from /run/source/dist --key {workshop.key}"
    done = inside("sh", "-c", line)
    assert done.returncode == 3
    assert "neither systemd nor OpenRC" in done.stderr
    assert "--no-start" in done.stderr
    done = inside("setpriv", "--reuid", "65534", "--clear-groups", "sh", "-c", line)
    assert done.returncode == 2
    assert "--user" in done.stderr
    assert tree(inside) == before


def test_a_full_disk_leaves_what_was_there(inside: Inside, workshop: Workshop, source: Path) -> None:
    small = f"{ENROLLED} mkdir -p /opt/wakeful-agent && mount -t tmpfs -o size=12m tmpfs /opt/wakeful-agent &&"
    assert install(inside, "--key", workshop.key, before=small).returncode == 1
    assert inside("sh", "-c", "find /opt/wakeful-agent -type f -size +100k").stdout == ""
    assert inside("mount", "-o", "remount,size=80m", "/opt/wakeful-agent").returncode == 0
    done = install(inside, "--key", workshop.key, before="")
    assert done.returncode == 0, done.stderr

    assert inside("sh", "-c", "dd if=/dev/zero of=/opt/wakeful-agent/fill bs=1M; true").returncode == 0
    shutil.rmtree(source / "dist")
    shutil.copytree(workshop.release("1.1.0"), source / "dist")
    done = install(inside, "--key", workshop.key, before="")
    assert done.returncode == 1
    assert "room" in done.stderr or "MB are free" in done.stderr
    assert inside("readlink", "/opt/wakeful-agent/current").stdout == "versions/1.0.0\n"
    assert inside("ls", "/opt/wakeful-agent/versions").stdout == "1.0.0\n"
    assert inside("/opt/wakeful-agent/launch", "--version").stdout == "wakeful-agent 1.0.0\n"


def test_an_older_release_is_taken_only_where_that_is_meant(inside: Inside, source: Path, workshop: Workshop) -> None:
    key = ("--key", workshop.key)
    shutil.rmtree(source / "dist")
    shutil.copytree(workshop.release("1.10.0"), source / "dist")
    assert install(inside, *key).returncode == 0
    shutil.rmtree(source / "dist")
    shutil.copytree(workshop.release("1.9.3"), source / "dist")
    for more in ((), ("--dry-run",)):
        done = install(inside, *key, *more, before="")
        assert done.returncode == 1
        assert "1.9.3 is older than 1.10.0" in done.stderr
        assert inside("readlink", "/opt/wakeful-agent/current").stdout == "versions/1.10.0\n"
    done = install(inside, *key, "--downgrade", before="")
    assert done.returncode == 0, done.stderr
    assert inside("readlink", "/opt/wakeful-agent/current").stdout == "versions/1.9.3\n"


def test_a_read_only_usr_and_a_noexec_tmp_do_not_matter(source: Path, dist: Path, workshop: Workshop) -> None:
    furnish(source, dist)
    read_only = "mount --bind usr usr && mount -o remount,bind,ro usr"
    with machine(source, tmp="noexec", more=read_only) as inside:
        assert inside("touch", "/usr/local/bin/x").returncode != 0
        before = tree(inside)
        done = install(inside, "--key", workshop.key)
        assert done.returncode == 0, done.stderr
        assert "is /usr read-only?" in done.stderr
        assert inside("/opt/wakeful-agent/launch", "--version").stdout == "wakeful-agent 1.0.0\n"
        assert inside("sh", "/run/source/install.sh", "--uninstall").returncode == 0
        assert tree(inside) == before


def test_a_place_where_nothing_may_run_is_said(source: Path, dist: Path, workshop: Workshop) -> None:
    furnish(source, dist)
    with machine(source, more="mount -t tmpfs -o noexec,mode=755 tmpfs opt") as inside:
        done = install(inside, "--key", workshop.key)
        assert done.returncode == 3
        assert "mounted noexec" in done.stderr
        assert nothing_is_there(inside)


def test_an_interrupted_installation_is_taken_up_again(inside: Inside, source: Path, workshop: Workshop) -> None:
    slow = f"{ENROLLED} {stand_in('tar', 'echo $$ >/tmp/unpacking; exec sleep 600')}; export PATH;"
    line = f"{slow} exec sh /run/source/install.sh --from /run/source/dist --no-start --key {workshop.key}"
    for number in (signal.SIGKILL, signal.SIGTERM):
        inside("rm", "-f", "/tmp/unpacking")
        beside = ["nsenter", "--target", inside.pid, "--mount", "--pid", "--net", "--root", "--wd=/", "sh", "-c", line]
        with subprocess.Popen(beside, env={"PATH": SYSTEM}, stderr=subprocess.DEVNULL) as process:
            await_true(lambda: inside("test", "-s", "/tmp/unpacking").returncode == 0, "the moment")
            second = install(inside, "--key", workshop.key, before="")
            assert second.returncode == 1
            assert "another installation runs here" in second.stderr
            who = inside("cat", "/opt/wakeful-agent/.installing/pid").stdout.strip()
            assert inside("kill", f"-{number.value}", who).returncode == 0
            inside("sh", "-c", "kill $(cat /tmp/unpacking)")
            process.wait(30)
        assert nothing_is_there(inside)
    done = install(inside, "--key", workshop.key, before="")
    assert done.returncode == 0, done.stderr
    assert inside("ls", "/opt/wakeful-agent/versions").stdout == "1.0.0\n"
    assert inside("ls", "/opt/wakeful-agent/.installing").returncode != 0


def test_a_script_that_came_in_part_does_nothing(inside: Inside, source: Path) -> None:
    before = tree(inside)
    text = (ROOT / "packaging" / "install.sh").read_text("ascii")
    for part in (100, 3_000, len(text) // 2, len(text) - 20):
        (source / "part.sh").write_text(text[:part])
        inside("sh", "-c", "sh -s -- --uninstall </run/source/part.sh")
    assert tree(inside) == before


def test_settings_that_a_release_does_not_take_stop_it_in_time(inside: Inside, workshop: Workshop) -> None:
    wrong = f"{ENROLLED} echo 'nonsense = 1' >/etc/wakeful/agent.toml &&"
    done = install(inside, "--key", workshop.key, before=wrong)
    assert done.returncode == 1
    assert "nonsense is not a setting" in done.stderr
    assert nothing_is_there(inside)


def test_the_settings_that_are_there_stay(inside: Inside, workshop: Workshop) -> None:
    own = f"{ENROLLED} echo 'interval_seconds = 7' >/etc/wakeful/agent.toml &&"
    done = install(inside, "--key", workshop.key, "--update", "auto", before=own)
    assert done.returncode == 0, done.stderr
    assert 'write there: [update] allow = "auto"' in done.stdout
    assert inside("cat", "/etc/wakeful/agent.toml").stdout == "interval_seconds = 7\n"
    kept = inside("sh", "/run/source/install.sh", "--uninstall", "--keep")
    assert kept.returncode == 0, kept.stderr
    assert inside("cat", "/etc/wakeful/TOKEN").stdout == "wk_agt_x\n"
    assert inside("ls", "/opt/wakeful-agent").returncode != 0
    assert inside("id", "wakeful").returncode == 0
    done = install(inside, "--key", workshop.key, before="")
    assert done.returncode == 0, done.stderr
    assert inside("sh", "/run/source/install.sh", "--uninstall").returncode == 0
    assert inside("id", "wakeful").returncode != 0


def test_a_release_that_does_not_work_here_is_not_installed(inside: Inside, source: Path, workshop: Workshop) -> None:
    shutil.rmtree(source / "dist")
    shutil.copytree(workshop.release("3.0.0", bundles.UNFIT), source / "dist")
    done = install(inside, "--key", workshop.key)
    assert done.returncode == 3
    assert "cannot run here" in done.stderr
    assert nothing_is_there(inside)


def test_somebody_elses_program_of_that_name_stays(inside: Inside, workshop: Workshop) -> None:
    own = f"{ENROLLED} echo mine >/usr/local/bin/wakeful-agent &&"
    done = install(inside, "--key", workshop.key, before=own)
    assert done.returncode == 0, done.stderr
    assert "somebody else's and stays" in done.stderr
    assert inside("sh", "/run/source/install.sh", "--uninstall").returncode == 0
    assert inside("cat", "/usr/local/bin/wakeful-agent").stdout == "mine\n"
