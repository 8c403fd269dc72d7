"""The real snmpd of net-snmp on a free port, asked in versions 1, 2c and 3."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.snmp import SnmpMeter
from wakeful_agent.runner import Runner

from .conftest import await_true, free_port, program, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

COMMUNITY, AUTHENTICATION, PRIVACY = "c0mmunity-secret", "auth-passphrase-1", "priv-passphrase-2"
SERVER = f"""
rocommunity {COMMUNITY} 127.0.0.1
createUser watcher SHA "{AUTHENTICATION}" AES "{PRIVACY}"
rouser watcher authpriv
sysName switch-1
sysLocation Rack 7
"""
CLIENTS = {
    "old": f"defVersion 1\ndefCommunity {COMMUNITY}\n",
    "plain": f"defVersion 2c\ndefCommunity {COMMUNITY}\n",
    "safe": (
        "defVersion 3\ndefSecurityName watcher\ndefSecurityLevel authPriv\ndefAuthType SHA\ndefPrivType AES\n"
        f"defAuthPassphrase {AUTHENTICATION}\ndefPrivPassphrase {PRIVACY}\n"
    ),
    "wrong": "defVersion 3\ndefSecurityName watcher\ndefSecurityLevel authPriv\ndefAuthPassphrase not-that-one\n"
    "defPrivPassphrase nor-that-one\n",
}


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    server = program("snmpd")
    port = free_port()
    (tmp_path / "snmpd.conf").write_text(f"agentaddress udp:127.0.0.1:{port}\n{SERVER}")
    (tmp_path / "persistent").mkdir()
    environment = {**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(tmp_path / "persistent")}
    with running([server, "-f", "-Lo", "-C", "-c", str(tmp_path / "snmpd.conf")], environment, tmp_path / "log"):
        await_true(lambda: "NET-SNMP version" in (tmp_path / "log").read_text(), "snmpd")
        yield f"127.0.0.1:{port}"


def measured(targets: list[str], **options: Any) -> Any:
    meter = SnmpMeter()
    meter.configure({"targets": targets, **options})
    runner = Runner(Host(), [meter])
    result = runner.collect(0).results["snmp"]
    runner.close()
    return result


def test_a_real_agent_in_every_version_and_no_secret_anywhere(agent: str, tmp_path: Path) -> None:
    program("snmpget")
    for name, content in CLIENTS.items():
        (tmp_path / name).mkdir(mode=0o700)
        (tmp_path / name / "snmp.conf").write_text(content)
    found, rows, told = {}, {}, ""
    for name in CLIENTS:
        options = {"values": ["segments=1.3.6.1.2.1.6.10.0"], "timeout_seconds": 2.0}
        result = measured([f"{name}={agent}"], credentials=[f"{agent}={tmp_path / name}"], **options)
        assert result.outcome == ("failed" if name == "wrong" else "ok"), result.error
        told += repr(result)
        rows[name] = result.inventories["snmp"][0]
        for one, value in zip(result.series, result.values):
            labels = sorted(one.labels, key=lambda pair: pair[0] != "target")
            found[(one.name, *(content for _, content in labels))] = value
    assert [found["snmp.up", name] for name in CLIENTS] == [1, 1, 1, 0]
    for name in ("old", "plain", "safe"):
        assert 0 < found["snmp.uptime", name] < 60
        assert found["snmp.counter", name, "segments"] > 0
        assert found["snmp.interface.up", name, "lo"] == 1
        assert found["snmp.interface.io", name, "lo", "receive"] > 0
    assert (rows["safe"]["name"], rows["safe"]["location"]) == ("switch-1", "Rack 7")
    assert "Authentication failure" in rows["wrong"]["error"]
    assert not [secret for secret in (COMMUNITY, AUTHENTICATION, PRIVACY, "not-that-one") if secret in told]


def test_an_agent_that_is_not_there(tmp_path: Path) -> None:
    program("snmpget")
    (tmp_path / "snmp.conf").write_text(CLIENTS["plain"])
    tmp_path.chmod(0o700)
    target = f"gone=127.0.0.1:{free_port()}"
    result = measured([target], credentials=[f"*={tmp_path}"], timeout_seconds=1.0)
    assert (result.outcome, result.values[0]) == ("failed", 0)
