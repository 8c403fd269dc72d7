"""The real virsh with libvirt's own test driver, which has one guest that is no more than a name."""

from __future__ import annotations

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.libvirt import LibvirtMeter

from .conftest import program

pytestmark = pytest.mark.real


@pytest.fixture
def meter() -> LibvirtMeter:
    program("virsh")
    return LibvirtMeter()


def test_virsh_takes_our_words_and_its_answer_is_read(meter: LibvirtMeter) -> None:
    meter.configure({"uri": "test:///default"})
    found = meter.read(Host(), 0)
    assert found.trouble is None
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(found.series, found.values)}
    assert values["libvirt.up",] == 1
    assert values["libvirt.guests", "running"] == 1
    assert values["libvirt.guest.up", "test"] == 1
    assert found.inventories["libvirt_guests"][0]["name"] == "test"
    assert meter.probe(Host()).available


def test_a_hypervisor_that_is_not_there_is_down(meter: LibvirtMeter) -> None:
    meter.configure({"uri": "qemu+unix:///system?socket=/does/not/exist"})
    found = meter.read(Host(), 0)
    assert list(found.values) == [0]
    assert "virsh ended with 1" in str(found.trouble)
    assert not meter.probe(Host()).available
