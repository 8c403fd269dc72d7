import os

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.host.system import (
    boot_time_seconds,
    machine_id,
    operating_system,
    parse_os_release,
    system_facts,
    uname,
)

NOW_MS = 1_763_100_000_000


def test_all_there_is_to_know_of_a_machine(machine):
    assert system_facts(machine("bare-metal"), NOW_MS) == {
        "uname": {
            "sysname": "Linux",
            "nodename": "forge",
            "release": "6.1.0-28-amd64",
            "version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1",
            "machine": "x86_64",
        },
        "os": {"id": "debian", "name": "Debian GNU/Linux", "title": "Debian GNU/Linux 12 (bookworm)", "version": "12"},
        "virtualization": "none",
        "machine_id": "00112233445566778899aabbccddeeff",
        "cpu": {"model": "Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz", "logical": 4, "physical": 2},
        "boot_time_ms": 1_763_000_000_000,
    }


def test_a_machine_that_says_nothing(made):
    facts = system_facts(made({}), NOW_MS)
    assert facts["os"] == {}
    assert facts["machine_id"] == ""
    assert "boot_time_ms" not in facts
    assert facts["uname"]["machine"] == os.uname().machine


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("centos7", {"title": "CentOS Linux release 7.9.2009 (Core)"}),
        ("raspberry-pi", {"title": "Debian 12.6"}),
        ("lxc-container", {"name": "Alpine Linux", "id": "alpine", "version": "3.20.0"}),
        ("gvisor", {}),
    ],
)
def test_the_distribution(machine, name, title):
    assert operating_system(machine(name)) == title


def test_os_release_with_quotes_comments_and_hostile_values(made):
    text = '# ID=no\n ID=\'x\'\nNAME="a\\"b"\nPRETTY_NAME=' + "y" * 999 + "\nVERSION_ID\nOTHER=1\n"
    assert parse_os_release(text) == {"id": "x", "name": 'a"b', "title": "y" * 256}
    assert operating_system(made({"etc/os-release": "", "usr/lib/os-release": "ID=z\n"})) == {"id": "z"}


def test_a_machine_id_is_letters_and_digits(made):
    assert machine_id(made({"etc/machine-id": "uninitialized\n"})) == ""
    assert machine_id(made({"etc/machine-id": "not one!\n"})) == ""
    assert machine_id(made({"var/lib/dbus/machine-id": "abc123\n"})) == "abc123"


def test_names_of_the_kernel_are_data(made):
    assert uname(made({"proc/sys/kernel/hostname": "a\x1b[31mb\n"}))["nodename"] == "a\ufffd[31mb"


@pytest.mark.parametrize(
    ("stat", "uptime", "expected"),
    [
        ("cpu\nbtime 1763000000\n", 100_030.0, 1_763_000_000),
        ("cpu\nbtime 1763000000\n", 3600.0, 1_763_096_400),
        ("cpu\n", 3600.0, 1_763_096_400),
        ("cpu\nbtime x\n", 3600.0, 1_763_096_400),
        ("cpu\nbtime " + "9" * 30 + "\n", 3600.0, 1_763_096_400),
    ],
)
def test_when_it_started(stat, uptime, expected):
    assert boot_time_seconds(stat, uptime, NOW_MS) == expected


def test_this_machine():
    facts = system_facts(Host(), NOW_MS)
    assert facts["uname"]["release"] == os.uname().release
