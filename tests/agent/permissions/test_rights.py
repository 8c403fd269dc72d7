import subprocess

import pytest

from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.permissions import PROBES
from wakeful_agent.permissions.rights import all_processes, conntrack, effective_rights, energy, port_owners
from wakeful_agent.runner import Runner
from wakeful_wire.push import parse_hello


class Refusing(Host):
    """A machine that refuses to read the paths that hold a mark."""

    mark = ""
    error: HostError = Denied("Permission denied")

    def read(self, relative, most=1_000_000):
        if self.mark in relative:
            raise self.error
        return super().read(relative, most)


def refusing(host, mark, error=None):
    made = Refusing(host.root)
    made.mark = mark
    made.error = error or Refusing.error
    return made


def test_every_probe_says_what_is_missing_how_to_grant_it_and_what_that_gives_away(machine):
    found = {item.name: item for item in Runner(machine("bare-metal"), []).probe(PROBES)}
    assert list(found) == ["all_processes", "port_owners", "energy", "conntrack", "sudo"]
    assert found["all_processes"].available
    assert found["energy"].available
    assert found["conntrack"].available
    owners = found["port_owners"]
    assert not owners.available
    assert "CAP_SYS_PTRACE" in owners.fix
    assert "memory" in owners.exposes
    parse_hello({"capabilities": [item.document() for item in found.values()]})


def test_port_owners_need_two_rights(made):
    for bits, available in ((1 << 19, False), (1 << 2, False), (1 << 19 | 1 << 2, True), (0x1FFFFFFFFFF, True)):
        host = made({"proc/self/status": f"Name:\tx\nCapEff:\t{bits:016x}\n"})
        assert port_owners(host).available is available
    assert not port_owners(made({"proc/self/status": ""})).available


def test_rights_of_a_status_file(machine):
    assert effective_rights("Name:\tx\nCapEff:\t00000000000000ff\nX\n") == 255
    assert effective_rights("CapEff:\n") == 0
    assert effective_rights("") == 0


@pytest.mark.parametrize(
    ("files", "reason", "fixable"),
    [
        ({}, "process 1 is not visible here", False),
        ({"proc/self/mounts": "proc /proc proc rw,hidepid=invisible 0 0\n"}, "/proc is mounted with hidepid", True),
        ({"proc/self/mounts": "proc /other proc rw,hidepid=2 0 0\n\nx\n"}, "process 1 is not visible here", False),
    ],
)
def test_hidden_processes(made, files, reason, fixable):
    found = all_processes(made({"x": "", **files}))
    assert not found.available
    assert found.reason == reason
    assert bool(found.fix) is fixable
    assert bool(found.exposes) is fixable


def test_the_line_names_the_group_that_proc_was_mounted_with(made):
    for options, fix in (
        ("rw,hidepid=2,gid=987", "usermod -a -G 987 wakeful && systemctl restart wakeful-agent"),
        ("rw,hidepid=2,gid=$(reboot)", 'mount -o "remount,gid=$(getent group wakeful | cut -d: -f3)" /proc'),
    ):
        assert all_processes(made({"proc/self/mounts": f"proc /proc proc {options} 0 0\n"})).fix == fix


def test_port_owners_are_granted_by_a_line_for_a_shell(machine):
    fix = port_owners(machine("bare-metal")).fix
    ended = subprocess.run(["sh", "-n", "-c", fix], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    written = fix.partition("&& ")[2].partition(" >")[0]
    told = subprocess.run(["sh", "-c", written], capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[:2] == ["[Service]", "AmbientCapabilities=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"]


def test_processes_that_may_not_be_read(machine):
    found = all_processes(refusing(machine("bare-metal"), "proc/1/stat"))
    assert "only the agent's own" in found.reason
    assert "remount,gid=" in found.fix
    broken = all_processes(refusing(machine("bare-metal"), "proc/1/stat", HostError("Input/output error")))
    assert broken.reason == "Input/output error"


def test_energy_counters(machine, made):
    assert energy(machine("raspberry-pi")).reason == "this machine has no energy counters"
    denied = energy(refusing(machine("bare-metal"), "energy_uj"))
    assert "energy_uj" in denied.fix
    assert "CVE-2020-8694" in denied.exposes
    assert energy(refusing(machine("bare-metal"), "energy_uj", HostError("No data"))).reason == "No data"


def test_conntrack(machine):
    assert conntrack(machine("centos7")).fix == "modprobe nf_conntrack"
    assert conntrack(refusing(machine("bare-metal"), "nf_conntrack")).reason == "Permission denied"
