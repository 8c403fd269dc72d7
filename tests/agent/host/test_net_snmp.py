import os
import pathlib

import pytest

from wakeful_agent.host.errors import Absent, Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.net_snmp import Device, private_folder

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "snmp"
COMMUNITY = "s3cretcommunity"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "etc/wakeful/snmp"
    made.mkdir(mode=0o700, parents=True)
    (made / "snmp.conf").write_text(f"defVersion 2c\ndefCommunity {COMMUNITY}\n")
    return made


@pytest.fixture
def host(tmp_path):
    def make(**scripts):
        for name, script in scripts.items():
            program = tmp_path / name
            told = f'echo "$0 $*" >> {tmp_path}/asked; env > {tmp_path}/environment'
            program.write_text(f"#!/bin/sh\n{told}\n{script}\n")
            program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),))

    return make


def test_credentials_are_in_no_command_line_and_not_in_the_agent(host, folder, tmp_path):
    device = Device(host(snmpget=f"cat {CAPTURED}/system"), "udp:192.0.2.1:161", "/etc/wakeful/snmp", 4)
    assert ".1.3.6.1.2.1.1.5.0" in device.get([".1.3.6.1.2.1.1.5.0"])
    asked = (tmp_path / "asked").read_text().split()[1:]
    assert asked == ["-Onext", "-t", "2.0", "-r", "1", "udp:192.0.2.1:161", ".1.3.6.1.2.1.1.5.0"]
    environment = (tmp_path / "environment").read_text()
    assert f"SNMPCONFPATH={folder}\n" in environment
    assert "SNMP_PERSISTENT_DIR=/dev/null\n" in environment
    assert COMMUNITY not in environment
    assert COMMUNITY not in repr(vars(device))


@pytest.mark.parametrize("mode", [0o755, 0o750 | 0o020, 0o701, 0o704])
def test_a_folder_that_is_open_to_others_is_refused(host, folder, mode):
    folder.chmod(mode)
    with pytest.raises(Denied, match="chmod 700"):
        private_folder(host(), "/etc/wakeful/snmp")


def test_folders_that_are_none(host, folder):
    assert private_folder(host(), "/etc/wakeful/snmp") == private_folder(host(), str(folder)) == str(folder)
    with pytest.raises(Absent):
        private_folder(host(), "/etc/wakeful/other")
    with pytest.raises(Malformed):
        private_folder(host(), "/etc/\0")
    (folder / "snmp.conf").unlink()
    with pytest.raises(Absent):
        private_folder(host(), "/etc/wakeful/snmp")
    (folder / "snmp.conf").mkdir()
    with pytest.raises(Malformed, match="is no file"):
        private_folder(host(), "/etc/wakeful/snmp")


def test_a_device_of_the_first_version_is_asked_step_by_step(host, folder, tmp_path):
    old = "echo 'snmpbulkwalk: Cannot send V2 PDU on V1 session' >&2; exit 1"
    device = Device(host(snmpbulkwalk=old, snmpwalk=f"cat {CAPTURED}/ifTable"), "udp:192.0.2.1:161", str(folder), 4)
    assert len(device.walk(".1.3.6.1.2.1.2.2.1")) > 40
    assert [os.path.basename(line.split()[0]) for line in (tmp_path / "asked").read_text().splitlines()] == [
        "snmpbulkwalk",
        "snmpwalk",
    ]


@pytest.mark.parametrize(
    ("script", "error", "says"),
    [
        ("echo 'Timeout: No Response from udp:192.0.2.1:161.' >&2; exit 1", HostError, "Timeout: No Response"),
        ("echo 'snmpget: Authentication failure (incorrect key)' >&2; exit 1", HostError, "Authentication failure"),
        (f"echo '/x/snmp.conf: line 2: Warning: Unknown token: {COMMUNITY}' >&2; exit 1", HostError, "ended with 1"),
        ("exit 2", HostError, "ended with 2"),
        ("echo garbage", Malformed, "not as documented"),
        ("exec yes", Malformed, "writes more than"),
        ("exec sleep 60", Late, "did not end within"),
    ],
)
def test_what_goes_wrong_is_said_without_a_secret(host, folder, script, error, says):
    seconds = 0.0 if error is Late else 5.0  # it is waited for a second longer
    device = Device(host(snmpget=script, snmpbulkwalk=script), "udp:192.0.2.1:161", str(folder), seconds)
    for ask in (lambda: device.get([".1.3"]), lambda: device.walk(".1.3")):
        with pytest.raises(error, match=says) as caught:
            ask()
        assert COMMUNITY not in str(caught.value)
