"""The real fail2ban server: a jail that reads a file, addresses that are banned by an action that does nothing."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.fail2ban import Fail2banMeter
from wakeful_agent.runner import Runner

from .conftest import await_true, program, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

SERVER = """[Definition]
loglevel = INFO
logtarget = {folder}/log
syslogsocket = auto
socket = {folder}/socket
pidfile = {folder}/pid
dbfile = None
"""
JAIL = """[DEFAULT]
backend = polling
[watched]
enabled = true
filter = watched
action = nothing
logpath = {folder}/watched.log
maxretry = 3
"""
FILTER = "[Definition]\nfailregex = refused <HOST>$\n"
ACTION = "[Definition]\nactionban = true\nactionunban = true\n"


def values(result: object) -> dict[str, float | None]:
    return {one.name: value for one, value in zip(result.series, result.values)}  # type: ignore[attr-defined]  # Result


def test_a_real_server_bans_and_goes_away(tmp_path: Path) -> None:
    server, client = program("fail2ban-server"), program("fail2ban-client")
    for folder in ("filter.d", "action.d", "jail.d", "fail2ban.d"):
        (tmp_path / folder).mkdir()
    (tmp_path / "fail2ban.conf").write_text(SERVER.format(folder=tmp_path))
    (tmp_path / "jail.conf").write_text(JAIL.format(folder=tmp_path))
    (tmp_path / "filter.d/watched.conf").write_text(FILTER)
    (tmp_path / "action.d/nothing.conf").write_text(ACTION)
    (tmp_path / "watched.log").write_text("")
    meter = Fail2banMeter()
    meter.configure({"socket": str(tmp_path / "socket")})
    runner = Runner(Host(user_id=0), [meter])
    ask = [client, "-s", str(tmp_path / "socket")]
    with running([server, "-c", str(tmp_path), "-f", "-x", "start"], log=tmp_path / "out"):
        await_true(lambda: subprocess.run([*ask, "status", "watched"], capture_output=True).returncode == 0, "a server")
        subprocess.run([*ask, "set", "watched", "banip", "192.0.2.7", "2001:db8::5"], check=True, capture_output=True)
        stamp = subprocess.run(
            ["date", "+%Y-%m-%d %H:%M:%S"], check=True, capture_output=True, text=True
        ).stdout.strip()
        with (tmp_path / "watched.log").open("a") as log:
            log.write(f"{stamp} refused 198.51.100.9\n")

        def seen() -> bool:
            return values(runner.collect(0).results["fail2ban"]).get("fail2ban.failures") == 1.0

        await_true(seen, "the failure is counted")
        result = runner.collect(0).results["fail2ban"]
        assert result.outcome == "ok", result.error
        assert values(result) == {
            "fail2ban.up": 1,
            "fail2ban.jails": 1,
            "fail2ban.failures.current": 1,
            "fail2ban.failures": 1,
            "fail2ban.bans.current": 2,
            "fail2ban.bans": 2,
        }
        document = result.inventories["fail2ban"]
        assert document["version"][0].isdigit()
        assert document["jails"][0]["addresses"] == ["192.0.2.7", "2001:db8::5"]
        assert document["jails"][0]["watches"] == [str(tmp_path / "watched.log")]
    result = runner.collect(60_000).results["fail2ban"]
    assert (result.outcome, values(result)["fail2ban.up"]) == ("failed", 0)
    assert "Is fail2ban running" in result.error
    runner.close()
