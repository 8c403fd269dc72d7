"""See tests/agent/host/test_nvidia.py and test_graphics.py for where the captured output comes from."""

import pathlib

import pytest

from wakeful_agent.host.errors import HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters import gpu
from wakeful_agent.meters.gpu import GpuMeter
from wakeful_wire.push import parse_inventories

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "nvidia"
SMI = f'case "$1" in --query-gpu=*) cat {CAPTURED}/gpus.csv;; *) cat {CAPTURED}/processes.csv;; esac'
LOST = f'case "$1" in --query-gpu=*) cat {CAPTURED}/gpus-lost.csv; exit 15;; *) exit 15;; esac'


@pytest.fixture
def machine(tmp_path):
    """Return a function that gives a host with an nvidia-smi, and the files of cards."""

    def make(smi=None, files=None):
        (tmp_path / "bin").mkdir(exist_ok=True)
        if smi is not None:
            (tmp_path / "bin/nvidia-smi").write_text(f"#!/bin/sh\n{smi}\n")
            (tmp_path / "bin/nvidia-smi").chmod(0o755)
        for path, content in (files or {}).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        return Host(str(tmp_path), programs=(str(tmp_path / "bin"),))

    return make


INTEL = {
    "sys/class/drm/card0/device/vendor": "0x8086\n",
    "sys/class/drm/card0/gt_act_freq_mhz": "650\n",
    "sys/class/drm/card0/power/rc6_residency_ms": "1000000\n",
}
NVIDIA_PCI = {
    "sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
    "sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n",
    "sys/bus/pci/devices/0000:01:00.0/power/runtime_status": "suspended\n",
}


def read(meter, host, now_ms=0):
    reading = meter.read(host, now_ms)
    parse_inventories({name: {"hash": "x", "body": body} for name, body in reading.inventories.items()})
    values = {(one.name.removeprefix("hw."), *dict(one.labels).values()): v for one, v in zip(*reading[:2])}
    return values, {row["gpu"]: row for row in reading.inventories["gpus"]}


def state(values, name):
    (found,) = [key[2] for key, value in values.items() if key[0] == "status" and key[1] == name and value == 1]
    return found


def test_cards_of_nvidia(machine):
    values, rows = read(GpuMeter(), machine(SMI))
    assert [state(values, name) for name in ("01:00.0", "41:00.0")] == ["ok", "ok"]
    assert values["gpu.utilization", "01:00.0", "general"] == 0.87
    assert values["gpu.memory.utilization", "01:00.0"] == 0.7622
    assert values["gpu.frequency", "41:00.0", "memory"] == 1.215e9
    assert values["gpu.errors", "41:00.0", "uncorrected"] == 1
    assert (values["gpu.processes", "01:00.0"], values["gpu.processes", "41:00.0"]) == (2, 0)
    assert rows["01:00.0"]["model"] == "NVIDIA GeForce RTX 3090"
    assert [one["name"] for one in rows["01:00.0"]["processes"]] == ["ollama", "python3, with a comma"]


def test_a_card_that_is_lost_keeps_its_series_and_costs_no_other(machine):
    meter = GpuMeter()
    before, _ = read(meter, machine(SMI))
    values, rows = read(meter, machine(LOST), 30_000)
    assert [state(values, name) for name in ("01:00.0", "41:00.0", "81:00.0")] == ["ok", "failed", "failed"]
    assert values["gpu.temperature", "41:00.0"] is None
    assert {key for key in before if key[1] == "41:00.0"} == {key for key in values if key[1] == "41:00.0"}
    assert values["gpu.temperature", "01:00.0"] == 71
    assert rows["81:00.0"]["error"].startswith("GPU is lost")


def test_processes_that_cannot_be_listed_cost_nothing_else(machine, monkeypatch):
    monkeypatch.setattr(gpu, "_SECONDS", 0.5)
    values, _ = read(GpuMeter(), machine(SMI.replace(";; *) cat", ";; *) sleep 60; cat")))
    assert values["gpu.temperature", "01:00.0"] == 71
    assert ("gpu.processes", "01:00.0") not in values


def test_a_card_that_sleeps_is_not_woken(machine, tmp_path):
    meter = GpuMeter()
    host = machine(SMI)
    read(meter, host)
    machine(f"touch {tmp_path}/woken", NVIDIA_PCI)
    values, rows = read(meter, host, 30_000)
    assert not (tmp_path / "woken").exists()
    assert state(values, "01:00.0") == "asleep"
    assert values["gpu.temperature", "01:00.0"] is None
    assert rows["01:00.0"]["model"] == "NVIDIA GeForce RTX 3090"
    values, rows = read(GpuMeter(), host)
    assert list(rows) == ["01:00.0"], "also where it has never been awake"


def test_the_share_awake_follows_from_two_readings(machine):
    meter = GpuMeter()
    host = machine(None, INTEL)
    values, rows = read(meter, host)
    assert values == {
        ("status", "card0", "ok", "gpu"): 1,
        ("status", "card0", "failed", "gpu"): 0,
        ("status", "card0", "asleep", "gpu"): 0,
        ("gpu.frequency", "card0", "graphics"): 6.5e8,
        ("gpu.utilization", "card0", "awake"): None,
    }
    assert rows["card0"]["vendor"] == "Intel"
    for residency, now_ms, awake in (("1007500", 10_000, 0.25), ("1", 20_000, None), ("20001", 30_000, 0.0)):
        machine(None, {"sys/class/drm/card0/power/rc6_residency_ms": residency})
        assert read(meter, host, now_ms)[0]["gpu.utilization", "card0", "awake"] == awake


def test_a_card_of_amd(machine):
    folder = "sys/class/drm/card0/device/"
    files = {"vendor": "0x1002", "gpu_busy_percent": "37", "hwmon/hwmon3/fan1_input": "900"}
    values, _ = read(GpuMeter(), machine(None, {folder + name: text for name, text in files.items()}))
    assert values["gpu.utilization", "card0", "general"] == 0.37
    assert values["gpu.fan.speed", "card0"] == 900


def test_no_card_no_driver_and_no_device(machine):
    for host in (machine(), machine("echo 'No devices were found'; exit 6")):
        with pytest.raises(NoData):
            GpuMeter().read(host, 0)


@pytest.mark.parametrize(
    ("smi", "error"),
    [
        ('echo "NVIDIA-SMI has failed because it couldn\'t communicate with the NVIDIA driver."; exit 9', HostError),
        ("echo nonsense", Malformed),
        ("exit 0", HostError),
        ("exec yes", Malformed),
        ("sleep 60", Late),
    ],
)
def test_a_driver_that_is_broken_is_a_failure_and_costs_no_other_card(machine, smi, error, monkeypatch):
    monkeypatch.setattr(gpu, "_SECONDS", 0.5)
    with pytest.raises(error):
        GpuMeter().read(machine(smi), 0)
    reading = GpuMeter().read(machine(smi, INTEL), 0)
    assert isinstance(reading.trouble, error)
    assert [row["gpu"] for row in reading.inventories["gpus"]] == ["card0"]


def test_the_probe(machine):
    found = GpuMeter().probe(machine())
    assert (found.available, bool(found.fix)) == (False, True)
    assert GpuMeter().probe(machine(None, INTEL)).available
    assert GpuMeter().probe(machine(SMI)).available
