"""The units for systemd: systemd itself verifies them and judges their fence; the old one has only old options."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "systemd"
UNITS = ("wakeful-agent.service", "wakeful-collector.service", "219/wakeful-agent.service")
EXPOSURE_MOST = {"wakeful-agent.service": 2.8, "wakeful-collector.service": 1.3, "219/wakeful-agent.service": 5.2}
"""What docs/services.md promises of `systemd-analyze security`: 0 is shut, 10 is open."""

# Of src/core/load-fragment-gperf.gperf.m4 of systemd 219: those that a service like ours might want.
KNOWN_TO_219 = """
    Description Documentation After Wants WantedBy Type NotifyAccess PermissionsStartOnly
    ExecStartPre ExecStart ExecReload Environment EnvironmentFile Restart RestartSec
    RestartPreventExitStatus StartLimitInterval StartLimitBurst WatchdogSec TimeoutStartSec
    TimeoutStopSec KillMode User Group SupplementaryGroups UMask NoNewPrivileges
    CapabilityBoundingSet LimitCORE LimitNOFILE LimitNPROC OOMScoreAdjust Nice
    RestrictAddressFamilies SystemCallArchitectures SystemCallFilter SystemCallErrorNumber
    MemoryLimit PrivateTmp PrivateDevices PrivateNetwork ProtectSystem ProtectHome
    ReadOnlyDirectories ReadWriteDirectories InaccessibleDirectories RuntimeDirectory
"""


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


def options(file: Path) -> list[tuple[str, str]]:
    lines = (line.partition("=") for line in file.read_text("ascii").splitlines() if re.match(r"\w+=", line))
    return [(name, value) for name, _, value in lines]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a copy of the units whose programs are there."""
    for unit in UNITS:
        text = (SYSTEMD / unit).read_text("ascii")
        (tmp_path / unit).parent.mkdir(exist_ok=True)
        (tmp_path / unit).write_text(re.sub(r"/usr/bin/wakeful-(agent|collector)", sys.executable, text))
    return tmp_path


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_to_complain_of(installed: Path, unit: str) -> None:
    done = analyze("verify", "--man=no", str(installed / unit))
    said = [line for line in done.stderr.splitlines() if "MemoryLimit=" not in line]
    assert said == [], "the option for memory has another name since 231"
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["sudo.conf", "port-owners.conf", "raw-frames.conf"])
def test_the_agent_with_a_drop_in_is_sound_too(installed: Path, name: str) -> None:
    folder = installed / "wakeful-agent.service.d"
    folder.mkdir()
    shutil.copy(SYSTEMD / "drop-ins" / name, folder)
    done = analyze("verify", "--man=no", str(installed / "wakeful-agent.service"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_the_fence_is_as_high_as_the_docs_say(installed: Path, unit: str) -> None:
    most = EXPOSURE_MOST[unit]
    done = analyze("security", "--offline=true", f"--threshold={round(most * 10)}", "--no-pager", str(installed / unit))
    assert done.returncode == 0, done.stdout.splitlines()[-1]
    docs = (ROOT / "docs" / "services.md").read_text("ascii")
    assert re.search(rf"`{re.escape(unit)}` \| {most} \|", docs), "the docs say another figure"


@pytest.mark.parametrize("unit", UNITS)
def test_every_option_says_why_it_is_there(unit: str) -> None:
    groups = re.split(r"\n\s*\n", (SYSTEMD / unit).read_text("ascii"))
    fences = [group for group in groups if "NoNewPrivileges=" in group or "SystemCallFilter=" in group]
    assert fences
    assert all(re.search(r"^# \S", group, re.MULTILINE) for group in fences)


def test_the_agent_keeps_its_sight() -> None:
    given = dict(options(SYSTEMD / "wakeful-agent.service"))
    text = (SYSTEMD / "wakeful-agent.service").read_text("ascii")
    blinding = (
        "ProtectProc", "ProcSubset", "PrivateNetwork", "PrivateUsers", "PrivateDevices", "DevicePolicy", "DeviceAllow",
        "ProtectClock", "ProtectHome", "PrivateTmp", "ProtectSystem", "ProtectHostname", "IPAddressDeny",
        "MemoryDenyWriteExecute", "InaccessiblePaths", "RootDirectory", "TemporaryFileSystem",
    )  # fmt: skip
    assert not set(blinding) & set(given)
    for name in blinding[:-3]:
        assert re.search(rf"^# .*\b{name}\b", text, re.MULTILINE), f"{name} is left out without a reason"


def test_the_old_unit_says_nothing_that_219_does_not_know() -> None:
    given = options(SYSTEMD / "219" / "wakeful-agent.service")
    assert {name for name, _ in given} <= set(KNOWN_TO_219.split())
    assert all("@" not in value for name, value in given if name == "SystemCallFilter"), "groups came with 231"
    assert all(not value.startswith(("+", "!", "-+", "+-")) for name, value in given if name.startswith("Exec"))


def test_the_old_unit_does_the_same(installed: Path) -> None:
    new, old = (dict(options(SYSTEMD / unit)) for unit in (UNITS[0], UNITS[2]))
    same = set(new) & set(old) - {"ExecStartPre", "SystemCallFilter"}
    assert {"User", "ExecStart", "WatchdogSec", "NoNewPrivileges", "CapabilityBoundingSet", "Environment"} <= same
    assert {name: new[name] for name in same} == {name: old[name] for name in same}


def test_what_sudo_needs_is_taken_back_by_its_drop_in() -> None:
    implying = {
        "SystemCallFilter",
        "SystemCallArchitectures",
        "RestrictAddressFamilies",
        "RestrictNamespaces",
        "LockPersonality",
        "ProtectKernelTunables",
        "ProtectKernelModules",
        "ProtectKernelLogs",
        "ProtectClock",
        "MemoryDenyWriteExecute",
        "RestrictRealtime",
        "RestrictSUIDSGID",
        "PrivateDevices",
        "ProtectHostname",
    }
    given = {name for name, _ in options(SYSTEMD / "wakeful-agent.service")}
    taken_back = {name for name, _ in options(SYSTEMD / "drop-ins" / "sudo.conf")}
    assert given & implying <= taken_back
    assert {"NoNewPrivileges", "CapabilityBoundingSet"} <= taken_back


def test_a_machine_that_is_off_at_night_looks_for_releases_too() -> None:
    assert ("Persistent", "true") in options(SYSTEMD / "wakeful-agent-update.timer")


def test_users_and_folders_are_those_of_the_units(tmp_path: Path) -> None:
    for half in ("agent", "collector"):
        unit = dict(options(SYSTEMD / f"wakeful-{half}.service"))
        users = (SYSTEMD / f"wakeful-{half}.sysusers.conf").read_text("ascii")
        assert re.search(rf"^u +{unit['User']} ", users, re.MULTILINE)
        tool = shutil.which("systemd-sysusers")
        if tool is None:
            pytest.skip("systemd-sysusers is not installed")
        root = tmp_path / half
        (root / "etc").mkdir(parents=True)
        (root / "usr/lib/sysusers.d").mkdir(parents=True)
        shutil.copy(SYSTEMD / f"wakeful-{half}.sysusers.conf", root / "usr/lib/sysusers.d" / f"wakeful-{half}.conf")
        done = subprocess.run([tool, f"--root={root}"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert f"{unit['User']}:x:" in (root / "etc" / "passwd").read_text()
    folders = (SYSTEMD / "wakeful-agent.tmpfiles.conf").read_text("ascii")
    for name in ("TOKEN", "agent.key", "identity.json", "agent.toml"):
        assert f"/etc/wakeful/{name} " in folders
