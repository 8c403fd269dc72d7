"""What a machine is."""

from __future__ import annotations

from dataclasses import replace

from wakeful_collector.model.host import Host
from wakeful_collector.web import pages_facts

HELLO = {
    "os": {"title": "Debian GNU/Linux 12"},
    "uname": {"sysname": "Linux", "release": "6.1.0", "machine": "x86_64"},
    "python": "3.11.2",
    "user": {"name": "wakeful", "uid": 998},
}
HOST = Host(1, "abc", "web", (), 1_000, 2_000, 15.0, "0.1.0", hello=HELLO)


def test_facts_come_from_hello_and_inventory() -> None:
    system = {"cpu": {"model": "EPYC", "logical": 4, "physical": 2}, "boot_time_ms": 5_000, "virtualization": "kvm"}
    found = dict(pages_facts.facts(HOST, system))
    assert found["System"] == "Debian GNU/Linux 12"
    assert found["Kernel"] == "Linux 6.1.0"
    assert (found["Processor"], found["Cores"], found["Virtualisation"]) == ("EPYC", "4 logical, 2 physical", "kvm")
    assert found["Agent"] == "0.1.0, Python 3.11.2, every 15 s"
    assert "1970-01-01T00:00:05Z" in found["Started"]


def test_unknown_facts_are_left_out_and_wrong_ones_do_no_harm() -> None:
    odd = replace(HOST, hello={"os": ["no"], "uname": "text", "boot_time_ms": "soon", "machine_id": 7})
    found = dict(pages_facts.facts(odd, {"cpu": {"logical": 2}}))
    assert "System" not in found
    assert "Started" not in found
    assert (found["Machine id"], found["Cores"]) == ("7", "2 logical")


def test_the_line_under_the_name() -> None:
    words = ["Debian GNU/Linux 12", "6.1.0 x86_64", "1 core, 2 GiB", "up 1 day"]
    assert pages_facts.summary(HOST, 1, 2.0**31, 90_000.0) == words
    assert pages_facts.summary(HOST, 4, None)[-1] == "4 cores, \N{EN DASH}"
    assert pages_facts.summary(replace(HOST, hello={})) == []


def test_a_system_without_a_title_is_named_by_parts() -> None:
    assert pages_facts.os_name({"os": {"name": "Alpine", "version": "3.20"}}) == "Alpine 3.20"
