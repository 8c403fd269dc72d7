"""upsd of Network UPS Tools with its driver that plays a UPS from a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.ups import UpsMeter

from .conftest import await_true, free_port, running

pytestmark = pytest.mark.real

FOLDERS = ("/lib/nut", "/usr/lib/nut", "/usr/sbin", "/sbin")
DEVICE = """device.serial: G000EXAMPL
ups.status: OL CHRG
battery.charge: 96
battery.runtime: 2310
ups.load: 23
input.voltage: 231.4
"""


def part(name: str) -> str:
    found = [path for path in (Path(folder, name) for folder in FOLDERS) if path.exists()]
    if not found:
        pytest.skip(f"{name} of nut-server is not installed")
    return str(found[0])


def values(meter: UpsMeter) -> dict[tuple[str, ...], float | None]:
    reading = meter.read(Host(), 0)
    names = [(one.name, *(label for key, label in one.labels if key != "target")) for one in reading.series]
    return dict(zip(names, reading.values))


def test_a_ups_with_its_driver_and_without(tmp_path: Path) -> None:
    driver, server = part("dummy-ups"), part("upsd")
    port = free_port()
    device = tmp_path / "rack.dev"
    device.write_text(DEVICE)
    (tmp_path / "ups.conf").write_text(f'[rack]\ndriver = dummy-ups\nport = {device}\ndesc = "A rack \\"one\\""\n')
    (tmp_path / "upsd.conf").write_text(f"LISTEN 127.0.0.1 {port}\nSTATEPATH {tmp_path}\n")
    (tmp_path / "upsd.users").write_text("")
    environment = {**os.environ, "NUT_CONFPATH": str(tmp_path), "NUT_STATEPATH": str(tmp_path)}
    meter = UpsMeter()
    meter.configure({"targets": [f"cellar=127.0.0.1:{port}"]})
    log = tmp_path / "log"
    with running([driver, "-u", "root", "-F", "-a", "rack"], environment, log) as played:
        await_true((tmp_path / "dummy-ups-rack").exists, "the driver's socket")
        with running([server, "-u", "root", "-F"], environment, log):
            await_true(lambda: values(meter).get(("ups.battery.charge", "rack")), "the UPS")
            found = values(meter)
            assert found["ups.battery.charge", "rack"] == 0.96
            assert found["ups.load", "rack"] == 0.23
            assert found["ups.voltage", "input", "rack"] == 231.4
            states = {name[1] for name, value in found.items() if name[0] == "ups.status" and value}
            assert states == {"online", "charging"}
            row = meter.read(Host(), 0).inventories["ups"][0]
            assert (row["description"], row["serial"], row["driver"]) == ('A rack "one"', "G000EXAMPL", "dummy-ups")
            played.terminate()
            await_true(lambda: values(meter)["ups.status", "lost", "rack"] == 1, "that the driver is gone")
            assert values(meter)["ups.battery.charge", "rack"] is None
            assert meter.read(Host(), 0).inventories["ups"][0]["error"] == "DRIVER-NOT-CONNECTED"
    assert values(meter)[("ups.up",)] == 0
