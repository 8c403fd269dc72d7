import pytest

from wakeful_agent.host.processor import NO_PROCESSOR, parse_cpuinfo, processor


def test_an_x86_machine(machine):
    found = processor(machine("bare-metal"))
    assert found.model == "Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz"
    assert found.physical == 2
    assert found.cores == ("0", "1", "2", "3")
    assert found.frequencies["0"] == 800_000_000
    assert found.frequencies["3"] == 3202.125e6 + 1e6


def test_an_arm_board_is_named_by_its_core_and_board(machine):
    found = processor(machine("raspberry-pi"))
    assert found.model == "ARM Cortex-A72 (Raspberry Pi 4 Model B Rev 1.4)"
    assert found.physical == 4
    assert found.frequencies == dict.fromkeys("0123", 1.5e9)


def test_topology_tells_where_the_file_does_not(machine):
    assert processor(machine("centos7")).physical == 1
    assert processor(machine("gvisor")).physical == 0


def test_no_file_no_processor(made):
    assert processor(made({})) == NO_PROCESSOR
    assert processor(made({"proc/cpuinfo": "processor: 0\ncpu MHz: fast\n"})) == NO_PROCESSOR


@pytest.mark.parametrize(
    ("text", "model", "cores"),
    [
        ("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "ARM Neoverse-N1", ("0",)),
        ("processor\t: 0\nCPU implementer\t: 0x99\nCPU part\t: 0x123\n", "ARM 0x123", ("0",)),
        (
            "processor\t: 0\nmodel name\t: ARMv7 Processor rev 4 (v7l)\nCPU part\t: 0xd03\n",
            "ARMv7 Processor rev 4 (v7l)",
            ("0",),
        ),
        (
            "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 2800.000000MHz\n\nplatform: pSeries\n",
            "POWER9, altivec supported",
            ("0",),
        ),
        ("processor\t: 0\nhart\t\t: 1\nuarch\t\t: sifive,u74-mc\n", "sifive,u74-mc", ("0",)),
        (
            "vendor_id : IBM/S390\nprocessor 0: version = FF\nprocessor 1: version = FF\n",
            "IBM/S390",
            ("0", "1"),
        ),
        ("", "", ()),
    ],
)
def test_other_architectures(text, model, cores):
    found = parse_cpuinfo(text)
    assert found.model == model
    assert found.cores == cores


def test_power_tells_its_clock():
    assert parse_cpuinfo("processor: 0\nclock: 2800.0MHz\n").frequencies == {"0": 2.8e9}
