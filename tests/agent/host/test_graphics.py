"""Trees as amdgpu, i915, xe and nouveau make them; there is no graphics card on the development machine."""

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.host.graphics import find_cards, short, sleeping_nvidia

AMD = {
    "device/vendor": "0x1002",
    "device/device": "0x73bf",
    "device/product_name": "Radeon RX 6800 XT",
    "device/unique_id": "b9d00000000000ab",
    "device/gpu_busy_percent": "37",
    "device/mem_busy_percent": "9",
    "device/mem_info_vram_total": "17163091968",
    "device/mem_info_vram_used": "2145386496",
    "device/hwmon/hwmon3/temp1_input": "52000",
    "device/hwmon/hwmon3/power1_average": "98000000",
    "device/hwmon/hwmon3/power1_cap": "255000000",
    "device/hwmon/hwmon3/fan1_input": "900",
    "device/hwmon/hwmon3/fan1_max": "3600",
    "device/hwmon/hwmon3/freq1_input": "2105000000",
    "device/hwmon/hwmon3/freq2_input": "1000000000",
}
INTEL = {
    "device/vendor": "0x8086",
    "device/device": "0x46a6",
    "gt_act_freq_mhz": "650",
    "power/rc6_residency_ms": "1234567",
}
XE = {
    "device/vendor": "0x8086",
    "device/tile0/gt0/freq0/act_freq": "2400",
    "device/tile0/gt0/gtidle/idle_residency_ms": "5",
    "device/hwmon/hwmon1/temp2_input": "48000",
    "device/hwmon/hwmon1/power1_max": "190000000",
}


@pytest.fixture
def machine(tmp_path):
    """Return a function that makes cards: name to (place on the bus, driver, files)."""

    def make(cards):
        for name, (bus, driver, files) in cards.items():
            device = tmp_path / "sys/devices" / bus
            device.mkdir(parents=True, exist_ok=True)
            card = tmp_path / "sys/class/drm" / name
            card.mkdir(parents=True, exist_ok=True)
            (card / "device").symlink_to(device)
            (device / "driver").symlink_to(f"../../bus/pci/drivers/{driver}")
            for path, content in files.items():
                (card / path).parent.mkdir(parents=True, exist_ok=True)
                (card / path).write_text(content + "\n")
        return Host(str(tmp_path))

    return make


def test_a_card_of_amd(machine):
    (card,) = find_cards(machine({"card0": ("0000:03:00.0", "amdgpu", AMD)}))
    assert (card.name, card.state, card.idle_ms) == ("03:00.0", "ok", None)
    assert card.figures == {
        ("utilization", "general"): 0.37,
        ("utilization", "memory"): 0.09,
        ("memory.limit", ""): 17163091968,
        ("memory.usage", ""): 2145386496,
        ("temperature", ""): 52,
        ("power", ""): 98,
        ("power.limit", ""): 255,
        ("fan.speed", ""): 900,
        ("fan.utilization", ""): 0.25,
        ("frequency", "graphics"): 2.105e9,
        ("frequency", "memory"): 1e9,
    }
    assert card.about == {"vendor": "AMD", "model": "Radeon RX 6800 XT", "driver": "amdgpu", "uuid": "b9d00000000000ab"}


def test_cards_of_intel_with_either_driver(machine):
    cards = {"card0": ("0000:00:02.0", "i915", INTEL), "card1": ("0000:03:00.0", "xe", XE)}
    old, new = find_cards(machine(cards))
    assert (old.figures, old.idle_ms) == ({("frequency", "graphics"): 6.5e8}, 1234567)
    assert old.about["model"] == "0x46a6"
    assert new.figures == {("frequency", "graphics"): 2.4e9, ("temperature", ""): 48, ("power.limit", ""): 190}
    assert new.idle_ms == 5


def test_a_card_that_sleeps_is_not_read(machine, tmp_path):
    host = machine({"card0": ("0000:03:00.0", "amdgpu", {**AMD, "device/power/runtime_status": "suspended"})})
    (tmp_path / "sys/class/drm/card0/device/gpu_busy_percent").unlink()
    (card,) = find_cards(host)
    assert (card.state, card.figures) == ("asleep", {})


def test_one_broken_file_costs_no_other(machine):
    broken = {**AMD, "device/gpu_busy_percent": "garbage", "device/hwmon/hwmon3/temp1_input": "-1"}
    (card,) = find_cards(machine({"card0": ("0000:03:00.0", "amdgpu", broken)}))
    assert not {("utilization", "general"), ("temperature", "")} & set(card.figures)
    assert card.figures["power", ""] == 98


def test_other_cards_are_left_out(machine):
    cards = {
        "card0": ("0000:00:01.0", "virtio-pci", {"device/vendor": "0x1af4"}),
        "card1": ("0000:01:00.0", "nvidia", {"device/vendor": "0x10de"}),
        "card2": ("0000:05:00.0", "ast", {"device/vendor": "0x1002"}),
        "card3": ("0000:02:00.0", "nouveau", {"device/vendor": "0x10de", "device/hwmon/hwmon1/temp1_input": "40000"}),
        "card3-DP-1": ("0000:02:00.1", "x", AMD),
        "renderD128": ("0000:02:00.2", "x", AMD),
    }
    assert [(card.name, card.about["driver"]) for card in find_cards(machine(cards))] == [("02:00.0", "nouveau")]


def test_no_sys_at_all(tmp_path):
    assert find_cards(Host(str(tmp_path))) == []
    assert sleeping_nvidia(Host(str(tmp_path))) == []


def test_a_card_without_a_place_on_a_bus_has_the_drivers_name(tmp_path):
    folder = tmp_path / "sys/class/drm/card0/device"
    folder.mkdir(parents=True)
    (folder / "vendor").write_text("0x1002\n")
    (folder / "gpu_busy_percent").write_text("1\n")
    assert [card.name for card in find_cards(Host(str(tmp_path)))] == ["card0"]


@pytest.mark.parametrize(
    ("bus", "name"),
    [
        ("0000:01:00.0", "01:00.0"),
        ("00000000:41:00.0", "41:00.0"),
        ("0001:01:00.0", "0001:01:00.0"),
        ("0A:00.0", "0a:00.0"),
        ("platform", "platform"),
    ],
)
def test_places_on_the_bus(bus, name):
    assert short(bus) == name


def test_sleeping_cards_of_nvidia(tmp_path):
    def device(name, vendor, kind, status):
        folder = tmp_path / "sys/bus/pci/devices" / name
        (folder / "power").mkdir(parents=True, exist_ok=True)
        for path, text in (("vendor", vendor), ("class", kind), ("power/runtime_status", status)):
            (folder / path).write_text(text + "\n")

    device("0000:01:00.0", "0x10de", "0x030000", "suspended")
    device("0000:01:00.1", "0x10de", "0x040300", "active")
    device("0000:00:02.0", "0x8086", "0x030000", "active")
    assert sleeping_nvidia(Host(str(tmp_path))) == ["01:00.0"]
    device("0000:41:00.0", "0x10de", "0x030200", "active")
    assert sleeping_nvidia(Host(str(tmp_path))) == [], "one is awake: asking wakes no other"
